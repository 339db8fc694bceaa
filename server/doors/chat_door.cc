// POST /chat: the transparent agent. Body and answer are OpenAI's chat completions; only the
// refusal of a model without a price has words of its own, which its clients know.

#include "server/routes.h"

namespace chatgate {

void answer_chat_door(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request, "POST")) return;
  parts.pipeline.run(request.exchange, request.context,
                     {"/chat", "/chat/completions", request.error_renderer()});
}

}  // namespace chatgate
