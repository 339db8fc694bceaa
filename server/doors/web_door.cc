// The door `web`: a chat page with accounts of its own. POST /api/chat-process takes a question and
// the id of the message that it follows, and streams the answer as lines of JSON; /api/session and
// /api/config tell the page what it asks at its start.

#include <algorithm>
#include <utility>

#include "common/messages/messages.h"
#include "common/net/url.h"
#include "server/conversation/context.h"
#include "server/doors/chat_request.h"
#include "server/doors/model_settings.h"
#include "server/doors/visitor.h"
#include "server/doors/web_answer.h"
#include "server/doors/web_commands.h"
#include "server/json/json_object.h"
#include "server/pipeline/authenticate.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

constexpr size_t kSpeakerNameBytesMax = 64;
constexpr size_t kMessageIdBytesMax = 128;
// Beside its messages and the model's name a request's body has some names and numbers.
constexpr size_t kBodyBytesBesides = 192;

struct Question {
  std::string prompt;
  std::string name;  // of the speaker; the model is told it
  std::string parent_id;
  std::string system;
  ordered_json temperature;
  ordered_json top_p;
};

tl::unexpected<Error> wrong(const char* name, const char* rule) {
  return fail(ErrorCode::kInvalidRequest, std::string(name) + " must be " + rule, name);
}

// As the upstream wants it (platform.openai.com/docs/api-reference/chat).
bool is_speaker_name(std::string_view name) {
  return name.size() <= kSpeakerNameBytesMax && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

Result<void> read_options(const ordered_json& object, Question& question) {
  const auto options = object.find("options");
  if (options == object.end() || options->is_null()) return {};
  if (!options->is_object()) return wrong("options", "an object");
  auto name = text_member(*options, "name");
  if (!name) return tl::unexpected(std::move(name.error()));
  if (!is_speaker_name(*name)) {
    return wrong("options.name", "up to 64 letters, digits, _ and -");
  }
  auto parent = text_member(*options, "parentMessageId");
  if (!parent) return tl::unexpected(std::move(parent.error()));
  if (parent->size() > kMessageIdBytesMax) {
    return wrong("options.parentMessageId", "the id of a message");
  }
  question.name = std::move(*name);
  question.parent_id = std::move(*parent);
  return {};
}

Result<Question> read_question(const RoutedRequest& request) {
  const auto object = read_object(request);
  if (!object) return tl::unexpected(object.error());
  Question question;
  auto prompt = prompt_member(request, *object, "prompt");
  if (!prompt) return tl::unexpected(std::move(prompt.error()));
  question.prompt = std::move(*prompt);
  auto system = text_member(*object, "systemMessage");
  if (!system) return tl::unexpected(std::move(system.error()));
  question.system = std::move(*system);
  auto temperature = number_member(*object, "temperature", 0, 2);
  if (!temperature) return tl::unexpected(std::move(temperature.error()));
  question.temperature = std::move(*temperature);
  auto top_p = number_member(*object, "top_p", 0, 1);
  if (!top_p) return tl::unexpected(std::move(top_p.error()));
  question.top_p = std::move(*top_p);
  if (auto read = read_options(*object, question); !read) {
    return tl::unexpected(std::move(read.error()));
  }
  return question;
}

// A browser keeps sending the password that it was once told. So /login with a wrong one makes it
// ask for another; all else is answered as a page can show it.
void answer_stranger(const RoutedRequest& request, const Error& error) {
  if (error.code == ErrorCode::kInvalidToken) {
    const auto question = read_question(request);
    const auto command = question ? parse_web_command(question->prompt) : std::nullopt;
    if (command && command->name == WebCommand::Name::kLogin) {
      return answer_error(request, {ErrorCode::kMissingToken, error.message});
    }
  }
  answer_error(request, error);
}

// The page continues from the id that it is told: what was said before stays before.
void answer_command(const RouteParts& parts, const RoutedRequest& request, const Visitor& visitor,
                    const Question& question, const WebCommand& command) {
  note_principal(parts.directory, visitor.principal, request.exchange);
  const auto text = run_web_command(parts, request, visitor, command);
  if (!text) return answer_error(request, text.error());
  const auto id = question.parent_id.empty() ? generate_uuid() : question.parent_id;
  request.exchange.answer(200, {{"Content-Type", "application/octet-stream"}},
                          web_line(*text, id, question.parent_id));
}

ordered_json decimal(int64_t hundredths) { return static_cast<double>(hundredths) / 100; }

// What a person has chosen with /model stands above what the page sends with each question.
ChatRequest begin_request(const Question& question, const ModelSettings& settings,
                          const Config& config) {
  ChatRequest chat;
  chat.stream = true;
  chat.model = settings.model.empty() ? config.default_model : settings.model;
  chat.temperature = question.temperature;
  chat.top_p = question.top_p;
  if (settings.temperature) chat.temperature = decimal(*settings.temperature);
  if (settings.presence_penalty) chat.presence_penalty = decimal(*settings.presence_penalty);
  if (settings.frequency_penalty) chat.frequency_penalty = decimal(*settings.frequency_penalty);
  return chat;
}

// A parent that is unknown, over or another's begins anew, as pages expect whose conversation has
// been idle for long.
Result<History> find_history(const RouteParts& parts, UserId user, const std::string& parent_id,
                             const ContextLimits& limits) {
  History fresh{generate_uuid(), {}, {}};
  if (parent_id.empty()) return fresh;
  const auto bounds = read_bounds_of(limits);
  auto found = parts.conversations.find_history(
      {user, {}, parent_id, bounds.messages_max, bounds.bytes_max});
  if (!found && found.error().code == ErrorCode::kNotFound) return fresh;
  return found;
}

Result<ModelSettings> find_settings(const RouteParts& parts, UserId id) {
  Result<User> user;
  parts.reader.run([&](Store& store) { user = store.find_user(id); });
  return user.map([](const User& found) { return read_model_settings(found.model_settings); });
}

// English has the exact sentence; elsewhere the catalogue has one for this.
Error in_own_words(Error error, const ContextLimits& limits, const RoutedRequest& request) {
  if (request.language() == Language::kEn) return error;
  const auto limit = std::to_string(limits.tokens_max - limits.answer_tokens_min);
  error.message = message(request.language(), MessageId::kPromptTooLong, {{"limit", limit}});
  return error;
}

void ask(const RouteParts& parts, const RoutedRequest& request, Visitor visitor,
         Question question) {
  const auto& config = request.config();
  const UserId user = visitor.principal.user_id;
  const auto settings = find_settings(parts, user);
  if (!settings) return answer_error(request, settings.error());
  ChatRequest chat = begin_request(question, *settings, config);
  const ContextLimits limits{settings->max_tokens.value_or(config.context_tokens),
                             config.min_response_tokens};
  auto history = find_history(parts, user, question.parent_id, limits);
  if (!history) return answer_error(request, history.error());
  auto prompt = build_prompt_for(chat.model, question.system, history->messages,
                                 {Role::kUser, question.prompt, question.name}, limits);
  if (!prompt) return answer_error(request, in_own_words(prompt.error(), limits, request));
  size_t prompt_bytes = kBodyBytesBesides + chat.model.size();
  for (auto& said : prompt->messages) {
    ordered_json entry{{"role", name_of(said.role)}, {"content", std::move(said.content)}};
    if (!said.name.empty()) entry["name"] = std::move(said.name);
    prompt_bytes += to_json_text(entry).size() + 1;
    chat.messages.push_back(std::move(entry));
  }
  chat.max_tokens = parts.pipeline.longest_answer(visitor.principal, chat.model, prompt_bytes,
                                                  prompt->answer_tokens_max, config);
  auto turn = begin_turn(user, *history, std::move(question.prompt), std::move(question.name),
                         parts.clock.now(), config.web_message_ttl_ms);
  auto translator = std::make_shared<WebTranslator>(std::move(turn), chat.model,
                                                    request.error_renderer(), parts.clock);
  ask_upstream(parts, request, {std::move(visitor.principal), {}}, chat, std::move(translator));
}

// Where the first upstream is reached through one; its user and password are nobody's business.
std::string socks_proxy(const Config& config) {
  for (const auto& upstream : config.upstreams) {
    const auto url = parse_url(upstream.proxy, {"socks4", "socks4a", "socks5", "socks5h"});
    if (url) return url->scheme + "://" + url->host + (url->port.empty() ? "" : ":" + url->port);
  }
  return {};
}

}  // namespace

void answer_chat_process(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request, "POST")) return;
  auto visitor = identify_visitor(parts, request);
  if (!visitor) return answer_stranger(request, visitor.error());
  auto question = read_question(request);
  if (!question) return answer_error(request, question.error());
  if (const auto command = parse_web_command(question->prompt)) {
    return answer_command(parts, request, *visitor, *question, *command);
  }
  ask(parts, request, std::move(*visitor), std::move(*question));
}

void answer_session(const RouteParts&, const RoutedRequest& request) {
  if (!allow_methods(request, "POST")) return;
  answer_json(request.exchange, R"({"status":"Success","message":"","data":{"auth":false}})");
}

void answer_config(const RouteParts&, const RoutedRequest& request) {
  if (!allow_methods(request, "POST")) return;
  answer_json(
      request.exchange,
      to_json_text({{"status", "Success"},
                    {"data", ordered_json{{"apiModel", "ChatGPTAPI"},
                                          {"socksProxy", socks_proxy(request.config())}}}}));
}

}  // namespace chatgate
