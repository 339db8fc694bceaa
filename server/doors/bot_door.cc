// The door `bot`: one configured assistant. POST /api/chat (or /ai/chat) takes a prompt and answers
// with a text, always with status 200. /ai/chat_custom and /ai/chat_proxy take a chat request with
// the caller's own upstream key, and are closed unless the configuration opens them.

#include <algorithm>
#include <utility>

#include "common/messages/messages.h"
#include "common/net/url.h"
#include "common/secrets/secrets.h"
#include "common/text/quantity.h"
#include "server/doors/chat_request.h"
#include "server/json/json_object.h"
#include "server/pipeline/authenticate.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kTokensMax = 100'000'000;

std::shared_ptr<AnswerTranslator> make_translator() {
  return std::make_shared<JsonTranslator>([](const ChatCompletion& completion) {
    return to_json_text({{"code", 200}, {"data", completion.text}, {"msg", "success"}});
  });
}

// A sentence that does not end reads like one to be continued; the original bot ended it.
std::string with_end(std::string prompt) {
  for (const std::string_view end : {"。", "?", "？"}) {
    if (prompt.ends_with(end)) return prompt;
  }
  return prompt + "。\n";
}

Result<Caller> identify_at_bot(const RouteParts& parts, const RoutedRequest& request) {
  const auto& access_token = request.config().access_token;
  const auto key = credential_of(request.exchange.head());
  if (!access_token.empty() && !key.empty() && equal_secrets(key, access_token)) {
    auto guest = find_guest(parts, request);
    if (guest) note_principal(parts.directory, guest->principal, request.exchange);
    return guest;
  }
  auto caller = identify(parts, request);
  // A key of the caller's own belongs to /ai/chat_custom; here it is a wrong access token.
  if (caller && !caller->own_key.empty()) {
    return fail(ErrorCode::kInvalidToken, "incorrect API token provided");
  }
  return caller;
}

// A chat request in the client's own words, with a key of its own.
struct CustomRequest {
  std::string key;
  std::string proxy;
  ChatRequest chat;
};

Result<void> read_sampling(const ordered_json& object, ChatRequest& chat) {
  struct Field {
    const char* name;
    double min, max;
    ordered_json ChatRequest::*value;
  };
  for (const auto& [name, min, max, value] :
       {Field{"temperature", 0, 2, &ChatRequest::temperature},
        Field{"top_p", 0, 1, &ChatRequest::top_p},
        Field{"presence_penalty", -2, 2, &ChatRequest::presence_penalty},
        Field{"frequency_penalty", -2, 2, &ChatRequest::frequency_penalty}}) {
    auto number = number_member(object, name, min, max);
    if (!number) return tl::unexpected(std::move(number.error()));
    chat.*value = std::move(*number);
  }
  return {};
}

Result<CustomRequest> read_custom(const RoutedRequest& request) {
  auto object = read_object(request);
  if (!object) return tl::unexpected(std::move(object.error()));
  CustomRequest custom;
  for (const auto& [name, field] :
       {std::pair{"api_key", &custom.key}, std::pair{"proxy_url", &custom.proxy},
        std::pair{"model", &custom.chat.model}}) {
    auto text = text_member(*object, name);
    if (!text) return tl::unexpected(std::move(text.error()));
    *field = std::move(*text);
  }
  auto tokens = integer_member(*object, "max_tokens", 1, kTokensMax);
  if (!tokens) return tl::unexpected(std::move(tokens.error()));
  custom.chat.max_tokens = *tokens;
  if (auto read = read_sampling(*object, custom.chat); !read) {
    return tl::unexpected(std::move(read.error()));
  }
  static const ordered_json kNoMessages;
  const auto messages = object->find("messages");
  auto added = add_messages(
      custom.chat, messages == object->end() ? kNoMessages : std::as_const(*messages), "messages");
  if (!added) return tl::unexpected(std::move(added.error()));
  if (custom.chat.messages.empty()) {
    return fail(ErrorCode::kInvalidRequest, message(request.language(), MessageId::kPromptMissing),
                "messages");
  }
  return custom;
}

// Only to hosts that the administrator has named: anything else would let a caller make the gateway
// knock at any door behind its firewall.
Result<std::string> check_proxy(const RoutedRequest& request, const std::string& proxy_url) {
  auto proxy = parse_proxy_url(proxy_url);
  if (!proxy) return fail(ErrorCode::kInvalidRequest, proxy.error().message, "proxy_url");
  const auto& hosts = request.config().chat_proxy_hosts;
  const auto url = parse_url(*proxy, {"http", "https", "socks4", "socks4a", "socks5", "socks5h"});
  const auto is_named = [&](const std::string& host) {
    return std::find(hosts.begin(), hosts.end(), to_lower(host)) != hosts.end();
  };
  if (!url || (!is_named(url->host) && !is_named(url->host + ":" + url->port))) {
    return fail(ErrorCode::kRefused, "this proxy is not among those that may be used", "proxy_url");
  }
  return proxy;
}

void answer_custom(const RouteParts& parts, const RoutedRequest& request, bool through_proxy) {
  if (!allow_methods(request, "POST")) return;
  auto custom = read_custom(request);
  if (!custom) return answer_error(request, custom.error());
  if (custom->key.empty()) return answer_error(request, missing_token());
  auto caller = identify(parts, request, custom->key);
  if (!caller) return answer_error(request, caller.error());
  std::string proxy;
  if (through_proxy) {
    if (caller->own_key.empty()) {  // the gateway's own key is nothing for a caller's proxy
      return answer_error(request, {ErrorCode::kInvalidToken, "a key of your own is needed here"});
    }
    auto checked = check_proxy(request, custom->proxy);
    if (!checked) return answer_error(request, checked.error());
    proxy = std::move(*checked);
  }
  ask_upstream(parts, request, std::move(*caller), custom->chat, make_translator(),
               std::move(proxy));
}

void answer_closed(const RoutedRequest& request) {
  answer_error(request, {ErrorCode::kNotFound, message(request.language(), MessageId::kNotFound)});
}

}  // namespace

void answer_bot(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request, "POST")) return;
  auto caller = identify_at_bot(parts, request);
  if (!caller) return answer_error(request, caller.error());
  auto object = read_object(request);
  if (!object) return answer_error(request, object.error());
  auto prompt = prompt_member(request, *object, "prompt");
  if (!prompt) return answer_error(request, prompt.error());
  const auto& config = request.config();
  ChatRequest chat;
  chat.max_tokens = config.bot_max_tokens;
  if (!config.bot_desc.empty()) chat.add_message("system", config.bot_desc);
  chat.add_message("user", with_end(std::move(*prompt)));
  ask_upstream(parts, request, std::move(*caller), chat, make_translator());
}

void answer_bot_custom(const RouteParts& parts, const RoutedRequest& request) {
  if (!takes_own_keys(request)) return answer_closed(request);
  answer_custom(parts, request, false);
}

void answer_bot_proxy(const RouteParts& parts, const RoutedRequest& request) {
  if (!takes_own_keys(request) || request.config().chat_proxy_hosts.empty()) {
    return answer_closed(request);
  }
  answer_custom(parts, request, true);
}

}  // namespace chatgate
