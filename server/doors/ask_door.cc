// The door `ask`: POST /ask/{conversation_id} {prompt, parent_id} continues a conversation, or
// begins one where the id is `new`, and answers with one object when the answer is complete. What
// was said before stands in the conversation; it is sent along as far as it leaves room for the
// answer.

#include <string>
#include <utility>

#include "server/doors/asking.h"
#include "server/doors/chat_request.h"
#include "server/json/json_object.h"

namespace chatgate {
namespace {

Result<Question> read_question(const RoutedRequest& request) {
  const auto object = read_object(request);
  if (!object) return tl::unexpected(object.error());
  auto prompt = prompt_member(request, *object, "prompt");
  if (!prompt) return tl::unexpected(std::move(prompt.error()));
  auto parent = text_member(*object, "parent_id");
  if (!parent) return tl::unexpected(std::move(parent.error()));
  return Question{std::string(request.rest), std::move(*parent), without_empty_lines(*prompt)};
}

}  // namespace

void answer_ask(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request, "POST")) return;
  if (request.rest.empty() || request.rest.find('/') != std::string_view::npos) {
    return answer_error(request, {ErrorCode::kNotFound, "there is nothing at this path"});
  }
  auto caller = identify(parts, request);
  if (!caller) return answer_error(request, caller.error());
  auto question = read_question(request);
  if (!question) return answer_error(request, question.error());
  ask_for_object(parts, request, std::move(*caller), std::move(*question));
}

}  // namespace chatgate
