// The door `ask`: POST /ask/{conversation_id} {prompt, parent_id} continues a conversation, or
// begins one where the id is `new`, and answers with one object when the answer is complete. What
// was said before stands in the conversation; it is sent along as far as it leaves room for the
// answer.

#include <algorithm>
#include <string>
#include <utility>

#include "server/conversation/context.h"
#include "server/doors/chat_request.h"
#include "server/json/json_object.h"

namespace chatgate {
namespace {

constexpr std::string_view kNew = "new";

struct Question {
  std::string prompt;
  std::string parent_id;  // empty: the latest message
};

// As the original does: empty lines say nothing.
std::string without_empty_lines(std::string_view prompt) {
  std::string kept;
  while (!prompt.empty()) {
    const size_t end = std::min(prompt.find('\n'), prompt.size());
    const auto line = prompt.substr(0, end);
    prompt.remove_prefix(std::min(end + 1, prompt.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (!kept.empty()) kept += '\n';
    kept.append(line.substr(0, line.find_last_not_of('\r') + 1));
  }
  return kept;
}

Result<Question> read_question(const RoutedRequest& request) {
  const auto object = read_object(request);
  if (!object) return tl::unexpected(object.error());
  auto prompt = prompt_member(request, *object, "prompt");
  if (!prompt) return tl::unexpected(std::move(prompt.error()));
  auto parent = text_member(*object, "parent_id");
  if (!parent) return tl::unexpected(std::move(parent.error()));
  if (*parent == kNew) parent->clear();
  return Question{without_empty_lines(*prompt), std::move(*parent)};
}

class AskTranslator final : public AnswerTranslator {
 public:
  AskTranslator(std::shared_ptr<Turn> turn, const Clock& clock)
      : turn_(std::move(turn)), clock_(clock) {}

  HeaderList headers() const override { return {{"Content-Type", "application/json"}}; }
  std::string on_chunk(const ChatCompletion&, std::string_view, std::string_view) override {
    return {};
  }
  std::shared_ptr<const Turn> turn(const ChatCompletion& completion) override {
    finish_turn(*turn_, completion.text, completion.model, clock_.now());
    return turn_;
  }
  std::string finish(const ChatCompletion& completion) override {
    return to_json_text({{"message", completion.text},
                         {"conversation_id", turn_->conversation_id},
                         {"parent_id", answer_of(*turn_).id},
                         {"model", completion.model}});
  }
  std::string fail(const Error&) override { return {}; }

 private:
  std::shared_ptr<Turn> turn_;
  const Clock& clock_;
};

void ask(const RouteParts& parts, const RoutedRequest& request, Caller caller, Question question) {
  const auto& config = request.config();
  const ContextLimits limits{config.context_tokens, config.min_response_tokens};
  const auto bounds = read_bounds_of(limits);
  const bool is_new = request.rest == kNew;
  History history;
  if (is_new) {
    history.conversation_id = generate_uuid();
  } else {
    auto found = parts.conversations.find_history(
        {caller.principal.user_id, std::string(request.rest), std::move(question.parent_id),
         bounds.messages_max, bounds.bytes_max});
    if (!found) return answer_error(request, found.error());
    history = std::move(*found);
  }
  ChatRequest chat;
  chat.model = config.default_model;
  auto prompt = build_prompt_for(chat.model, {}, history.messages,
                                 {Role::kUser, question.prompt, {}}, limits);
  if (!prompt) return answer_error(request, prompt.error());
  for (auto& message : prompt->messages) {
    chat.add_message(name_of(message.role), std::move(message.content));
  }
  chat.max_tokens = prompt->answer_tokens_max;
  auto turn = begin_turn(caller.principal.user_id, history, std::move(question.prompt), {},
                         parts.clock.now(), config.ask_message_ttl_ms);
  ask_upstream(parts, request, std::move(caller), chat,
               std::make_shared<AskTranslator>(std::move(turn), parts.clock));
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
  ask(parts, request, std::move(*caller), std::move(*question));
}

}  // namespace chatgate
