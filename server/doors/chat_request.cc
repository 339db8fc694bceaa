#include "server/doors/chat_request.h"

#include "common/messages/messages.h"
#include "server/json/json_object.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

constexpr uint64_t kBodyBytesMax = 4 << 20;

// Models that reason know the limit of an answer by another name alone.
const char* limit_name_of(std::string_view model) {
  for (const std::string_view beginning : {"o1", "o3", "o4", "gpt-5"}) {
    if (model.starts_with(beginning)) return "max_completion_tokens";
  }
  return "max_tokens";
}

void set(ordered_json& body, const char* name, const ordered_json& given,
         const std::string& configured) {
  if (!given.is_null()) {
    body[name] = given;
  } else if (!configured.empty()) {
    body[name] = ordered_json::parse(configured);
  }
}

std::string compose(const ChatRequest& chat, const Config& config) {
  ordered_json body;
  const std::string& model = chat.model.empty() ? config.default_model : chat.model;
  body["model"] = model;
  body["messages"] = chat.messages;
  if (chat.max_tokens) body[limit_name_of(model)] = *chat.max_tokens;
  set(body, "temperature", chat.temperature, config.default_temperature);
  set(body, "top_p", chat.top_p, config.default_top_p);
  set(body, "presence_penalty", chat.presence_penalty, config.default_presence_penalty);
  set(body, "frequency_penalty", chat.frequency_penalty, config.default_frequency_penalty);
  if (chat.stream) body["stream"] = true;
  return to_json_text(body);
}

}  // namespace

Result<std::string> read_question_body(const RoutedRequest& request) {
  return request.exchange.read_body(0, kBodyBytesMax);
}

Result<ordered_json> read_object(const RoutedRequest& request) {
  return read_question_body(request).and_then(
      [](const std::string& body) { return parse_json_object(body); });
}

Result<std::string> check_prompt(const RoutedRequest& request, std::string text, const char* name) {
  if (text.find_first_not_of(" \t\r\n") != std::string::npos) return text;
  return fail(ErrorCode::kInvalidRequest, message(request.language(), MessageId::kPromptMissing),
              name);
}

Result<std::string> prompt_member(const RoutedRequest& request, const ordered_json& object,
                                  const char* name) {
  return text_member(object, name).and_then([&](std::string text) {
    return check_prompt(request, std::move(text), name);
  });
}

void ChatRequest::add_message(std::string_view role, std::string content) {
  messages.push_back({{"role", role}, {"content", std::move(content)}});
}

Result<void> add_messages(ChatRequest& chat, const ordered_json& list, const char* name) {
  const auto wrong = [&] {
    return fail(ErrorCode::kInvalidRequest,
                std::string(name) + " must be a list of messages, each with the texts `role` " +
                    "(system, user or assistant) and `content`",
                name);
  };
  if (!list.is_array()) return wrong();
  for (const auto& message : list) {
    if (!message.is_object()) return wrong();
    const auto role = text_member(message, "role");
    const auto content = text_member(message, "content");
    if (!role || !content || !message.contains("content")) return wrong();
    if (*role != "system" && *role != "user" && *role != "assistant") return wrong();
    chat.add_message(*role, *content);
  }
  return {};
}

void ask_upstream(const RouteParts& parts, const RoutedRequest& request, Caller caller,
                  const ChatRequest& chat, std::shared_ptr<AnswerTranslator> translator,
                  std::string proxy) {
  Route route;
  route.endpoint = request.endpoint();
  route.upstream_path = "/chat/completions";
  route.render_error = request.error_renderer();
  route.principal = std::move(caller.principal);
  route.own_key = std::move(caller.own_key);
  route.proxy = std::move(proxy);
  route.body = compose(chat, request.config());
  route.translator = std::move(translator);
  parts.pipeline.run(request.exchange, request.context, std::move(route));
}

}  // namespace chatgate
