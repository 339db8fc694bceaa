// The door `platform`: whoever has a key asks. GET /chatgpt takes a prompt and answers with a text;
// POST /{platform_route} takes a turn of a dialogue, which its client keeps, and answers with the
// dialogue as it stands then.

#include <utility>

#include "common/messages/messages.h"
#include "common/text/quantity.h"
#include "server/doors/chat_request.h"
#include "server/json/json_object.h"
#include "server/wire/form.h"
#include "server/wire/request_body.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kTokensMax = 100'000'000;

// Where the client has put it: the query, a form, a JSON body.
Result<std::string> read_prompt(const RoutedRequest& request) {
  auto fields = parse_form(request.exchange.query());
  std::string prompt = std::move(fields["prompt"]);
  if (prompt.empty()) {
    auto body = read_question_body(request);
    if (!body) return tl::unexpected(std::move(body.error()));
    const auto content_type = to_lower(request.exchange.head().header("content-type"));
    if (content_type.starts_with("multipart/form-data")) {
      auto text =
          find_multipart_text(*body, request.exchange.head().header("content-type"), "prompt");
      if (!text) return text;
      prompt = std::move(*text);
    } else if (body->starts_with('{')) {
      const auto object = parse_json_object(*body);
      if (!object) return tl::unexpected(object.error());
      auto text = text_member(*object, "prompt");
      if (!text) return text;
      prompt = std::move(*text);
    } else {
      prompt = std::move(parse_form(*body)["prompt"]);
    }
  }
  return check_prompt(request, std::move(prompt), "prompt");
}

// A turn of a dialogue as the client sends it.
struct DialogueTurn {
  std::string key;
  ChatRequest chat;
  ordered_json dialogue;  // with this turn's question
};

// The first of two names under which a member may stand.
Result<std::string> either_text(const ordered_json& object, const char* name, const char* other) {
  auto text = text_member(object, name);
  return text && text->empty() ? text_member(object, other) : text;
}

Result<DialogueTurn> read_turn(const RoutedRequest& request) {
  auto object = read_object(request);
  if (!object) return tl::unexpected(std::move(object.error()));
  DialogueTurn turn;
  auto question = prompt_member(request, *object, "user_content");
  if (!question) return tl::unexpected(std::move(question.error()));
  auto key = text_member(*object, "api_key");
  if (!key) return tl::unexpected(std::move(key.error()));
  turn.key = std::move(*key);
  auto model = text_member(*object, "model");
  if (!model) return tl::unexpected(std::move(model.error()));
  turn.chat.model = std::move(*model);
  auto tokens = integer_member(*object, "max_tokens", 1, kTokensMax);
  if (!tokens) return tl::unexpected(std::move(tokens.error()));
  turn.chat.max_tokens = *tokens;
  auto system = either_text(*object, "system_content", "sys_content");
  if (!system) return tl::unexpected(std::move(system.error()));
  if (!system->empty()) turn.chat.add_message("system", std::move(*system));
  const size_t own_messages = turn.chat.messages.size();
  for (const char* name : {"continuous", "continuous_dialogue"}) {
    const auto earlier = object->find(name);
    if (earlier == object->end() || earlier->empty()) continue;  // null is empty too
    if (auto added = add_messages(turn.chat, *earlier, name); !added) {
      return tl::unexpected(std::move(added.error()));
    }
    break;
  }
  turn.chat.add_message("user", std::move(*question));
  turn.dialogue = ordered_json(turn.chat.messages.begin() + static_cast<ptrdiff_t>(own_messages),
                               turn.chat.messages.end());
  return turn;
}

}  // namespace

void answer_chatgpt(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request, "GET, POST")) return;
  const auto& head = request.exchange.head();
  auto caller = identify(parts, request, head.header("apikey"));
  if (!caller) return answer_error(request, caller.error());
  auto prompt = read_prompt(request);
  if (!prompt) return answer_error(request, prompt.error());
  ChatRequest chat;
  chat.model = head.header("model");
  chat.add_message("user", std::move(*prompt));
  ask_upstream(parts, request, std::move(*caller), chat,
               std::make_shared<JsonTranslator>([](const ChatCompletion& completion) {
                 return to_json_text({{"code", 200},
                                      {"msg", "success"},
                                      {"data", ordered_json{{"response", completion.text}}}});
               }));
}

void answer_platform(const RouteParts& parts, const RoutedRequest& request) {
  const auto method = request.exchange.head().method;
  if (method == "GET" || method == "HEAD") {
    return answer_error(
        request, {ErrorCode::kRefused, message(request.language(), MessageId::kPostRequired)});
  }
  if (!allow_methods(request, "POST")) return;
  auto turn = read_turn(request);
  if (!turn) return answer_error(request, turn.error());
  auto caller = identify(parts, request, turn->key);
  if (!caller) return answer_error(request, caller.error());
  ask_upstream(parts, request, std::move(*caller), turn->chat,
               std::make_shared<JsonTranslator>([dialogue = std::move(turn->dialogue)](
                                                    const ChatCompletion& completion) mutable {
                 dialogue.push_back({{"role", "assistant"}, {"content", completion.text}});
                 return to_json_text({{"code", 200},
                                      {"msg", "success"},
                                      {"result", dialogue},
                                      {"current_response", completion.text}});
               }));
}

}  // namespace chatgate
