#include "server/doors/asking.h"

#include <algorithm>
#include <utility>

#include "server/conversation/context.h"
#include "server/doors/chat_request.h"
#include "server/json/json_object.h"
#include "server/transport/message_exchange.h"

namespace chatgate {
namespace {

class ObjectTranslator final : public AnswerTranslator {
 public:
  ObjectTranslator(std::shared_ptr<Turn> turn, const Clock& clock)
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

class PieceTranslator final : public AnswerTranslator {
 public:
  PieceTranslator(std::shared_ptr<Turn> turn, const Clock& clock, ErrorRenderer render_error)
      : turn_(std::move(turn)), clock_(clock), render_error_(std::move(render_error)) {}

  HeaderList headers() const override { return {}; }
  std::string on_chunk(const ChatCompletion&, std::string_view delta, std::string_view) override {
    return delta.empty() ? std::string() : message_piece(delta);
  }
  std::shared_ptr<const Turn> turn(const ChatCompletion& completion) override {
    finish_turn(*turn_, completion.text, completion.model, clock_.now());
    return turn_;
  }
  std::string finish(const ChatCompletion&) override {
    return message_piece("<|end|>$" + turn_->conversation_id + "$" + answer_of(*turn_).id);
  }
  std::string fail(const Error& error) override {
    const auto rendered = render_error_(error);
    return error_piece(rendered.status, rendered.body);
  }

 private:
  std::shared_ptr<Turn> turn_;
  const Clock& clock_;
  ErrorRenderer render_error_;
};

struct PreparedQuestion {
  ChatRequest chat;
  std::shared_ptr<Turn> turn;
};

Result<History> find_history(const RouteParts& parts, UserId user, Question& question,
                             const ContextLimits& limits) {
  if (question.conversation_id == kNewConversation) {
    History fresh;
    fresh.conversation_id = generate_uuid();
    return fresh;
  }
  if (question.parent_id == kNewConversation) question.parent_id.clear();
  const auto bounds = read_bounds_of(limits);
  return parts.conversations.find_history({user, std::move(question.conversation_id),
                                           std::move(question.parent_id), bounds.messages_max,
                                           bounds.bytes_max});
}

Result<PreparedQuestion> prepare(const RouteParts& parts, const RoutedRequest& request,
                                 const Caller& caller, Question question) {
  const auto& config = request.config();
  const ContextLimits limits{config.context_tokens, config.min_response_tokens};
  const auto user = caller.principal.user_id;
  const auto history = find_history(parts, user, question, limits);
  if (!history) return tl::unexpected(history.error());
  PreparedQuestion prepared;
  auto& chat = prepared.chat;
  chat.model = config.default_model;
  auto prompt = build_prompt_for(chat.model, {}, history->messages,
                                 {Role::kUser, question.prompt, {}}, limits);
  if (!prompt) return tl::unexpected(prompt.error());
  for (auto& message : prompt->messages) {
    chat.add_message(name_of(message.role), std::move(message.content));
  }
  chat.max_tokens = prompt->answer_tokens_max;
  prepared.turn = begin_turn(user, *history, std::move(question.prompt), {}, parts.clock.now(),
                             config.ask_message_ttl_ms);
  return prepared;
}

}  // namespace

// As the original does.
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

void ask_for_object(const RouteParts& parts, const RoutedRequest& request, Caller caller,
                    Question question) {
  auto prepared = prepare(parts, request, caller, std::move(question));
  if (!prepared) return answer_error(request, prepared.error());
  ask_upstream(parts, request, std::move(caller), prepared->chat,
               std::make_shared<ObjectTranslator>(std::move(prepared->turn), parts.clock));
}

void ask_for_messages(const RouteParts& parts, const RoutedRequest& request, Question question) {
  auto caller = identify(parts, request);
  if (!caller) return answer_error(request, caller.error());
  auto prompt = check_prompt(request, std::move(question.prompt), "prompt");
  if (!prompt) return answer_error(request, prompt.error());
  question.prompt = without_empty_lines(*prompt);
  auto prepared = prepare(parts, request, *caller, std::move(question));
  if (!prepared) return answer_error(request, prepared.error());
  prepared->chat.stream = true;
  ask_upstream(parts, request, std::move(*caller), prepared->chat,
               std::make_shared<PieceTranslator>(std::move(prepared->turn), parts.clock,
                                                 request.error_renderer()));
}

}  // namespace chatgate
