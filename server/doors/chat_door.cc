// POST /chat: the transparent agent. Body and answer are OpenAI's chat completions; only the
// refusal of a model without a price has words of its own, which its clients know.

#include "server/routes.h"
#include "server/wire/error_envelope.h"

namespace chatgate {
namespace {

RenderedError render_chat_error(const Error& error) {
  if (error.code != ErrorCode::kModelNotPriced) return render_openai_error(error);
  Error worded = error;
  worded.message = "model " + error.subject + " not config. please contact administrator";
  return render_openai_error(worded);
}

}  // namespace

void answer_chat_door(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request.exchange, "POST")) return;
  parts.pipeline.run(request.exchange, request.context,
                     {"/chat", "/chat/completions", render_chat_error});
}

}  // namespace chatgate
