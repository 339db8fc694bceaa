#include "common/config/foreign_names.h"

#include <cstdlib>

#include "common/net/url.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr std::string_view kAgent = "chatgpt-agent";
constexpr std::string_view kWeb = "ChatGPT-Web";
constexpr std::string_view kPlatform = "ChatGPT API platform";
constexpr std::string_view kBot = "openai-api";
constexpr std::string_view kAgentOrWeb = "chatgpt-agent and ChatGPT-Web";
constexpr std::string_view kAskOrPlatform = "ChatGPT EasyBackend and ChatGPT API platform";
constexpr std::string_view kAskOrBot = "ChatGPT EasyBackend and openai-api";
constexpr std::string_view kOpenAi = "OpenAI's own tools";

// There the variable is the address of the one endpoint, here its beginning.
Result<std::string> base_of_endpoint(std::string_view text) {
  constexpr std::string_view kTail = "/chat/completions";
  while (text.ends_with('/')) text.remove_suffix(1);
  if (!text.ends_with(kTail)) {
    return fail(ErrorCode::kInvalidArgument,
                quote(mask_url(text)) +
                    " does not end in /chat/completions; a base URL goes into OPENAI_BASE_URL");
  }
  return std::string(text.substr(0, text.size() - kTail.size()));
}

std::string with_scheme(std::string_view scheme, std::string_view text) {
  const bool has_scheme = text.find("://") != text.npos;
  return (has_scheme ? std::string() : std::string(scheme) + "://") + std::string(text);
}

Result<std::string> socks_proxy(std::string_view text) { return with_scheme("socks5", text); }

Result<std::string> http_proxy(std::string_view text) { return with_scheme("http", text); }

// OPENAI_PROXY is a URL to one program and a switch to another.
Result<std::string> proxy_or_switch(std::string_view text) {
  return parse_boolean(text) ? std::string() : std::string(text);
}

// "80" to "0.80".
Result<std::string> of_hundredths(std::string_view text) {
  const auto number = parse_integer(text);
  if (!number || *number < -1'000'000 || *number > 1'000'000) {
    return fail(ErrorCode::kInvalidArgument,
                quote(text) + " is not a whole number of hundredths; write 80 for 0.8");
  }
  const int64_t size = std::abs(*number);
  return (*number < 0 ? "-" : "") + std::to_string(size / 100) + "." +
         std::to_string(100 + size % 100).substr(1);
}

// A bare number counts minutes there, seconds here.
Result<std::string> of_minutes(std::string_view text) {
  const bool is_bare = text.find_first_not_of("0123456789") == text.npos;
  return std::string(text) + (is_bare ? "m" : "");
}

}  // namespace

const std::vector<ForeignName>& foreign_names() {
  static const std::vector<ForeignName> names{
      {"BIND_ADDRESS", kAgent, "listen", nullptr, true},
      {"PORT", "chatgpt-agent and openai-api", "listen", nullptr, true},
      {"SERVER_HOST", kWeb, "listen", nullptr, true},
      {"SERVER_PORT", kWeb, "listen", nullptr, true},
      {"DATABASE_URL", kAgent, "db"},
      {"DB", kWeb, "db"},
      {"OPENAI_BASE_URL", kWeb, "upstream_url"},
      {"OPENAI_URL", kAgent, "upstream_url", base_of_endpoint},
      {"OPENAI_API_KEY", kOpenAi, "upstream_key"},
      {"OPENAI_KEY", kWeb, "upstream_key"},
      {"API_KEY", kAskOrPlatform, "upstream_key"},
      {"APIKEY", kBot, "upstream_key"},
      {"OPENAI_PROXY", kAgentOrWeb, "upstream_proxy", proxy_or_switch},
      {"SOCKS_PROXY", kWeb, "upstream_proxy", socks_proxy},
      {"PROXY", kAskOrBot, "upstream_proxy", http_proxy},
      {"OPENAI_PROXY", kAgentOrWeb, "own_keys", nullptr, true},
      {"OPENAI_MODEL", kWeb, "default_model"},
      {"MODEL", kBot, "default_model"},
      {"OPENAI_TEMPERATURE", kWeb, "default_temperature", of_hundredths},
      {"TEMPREATURE", kBot, "default_temperature"},  // spelt so there
      {"TEMPERATURE", kBot, "default_temperature"},
      {"TOP_P", kBot, "default_top_p"},
      {"OPENAI_PRESENCE_PENALTY", kWeb, "default_presence_penalty", of_hundredths},
      {"PRES", kBot, "default_presence_penalty"},
      {"OPENAI_FREQUENCY_PENALTY", kWeb, "default_frequency_penalty", of_hundredths},
      {"FREQ", kBot, "default_frequency_penalty"},
      {"OPENAI_MAX_TOKENS", kWeb, "context_tokens"},
      {"CHAT_MIN_RESPONSE_TOKENS", kWeb, "min_response_tokens"},
      {"CHAT_SESSION_TTL", kWeb, "web_message_ttl", of_minutes},
      {"BASIC_AUTH_USER", kWeb, "static_users", nullptr, true},
      {"BASIC_AUTH_PASSWORD", kWeb, "static_users", nullptr, true},
      {"OPS_KEY", kWeb, "ops_key"},
      {"OPS_LINK", kWeb, "ops_link"},
      {"ROUTE", kPlatform, "platform_route"},
      {"ACCESS_TOKEN", kBot, "access_token"},
      {"BOT_DESC", kBot, "bot_desc"},
      {"MAX_TOKENS", kBot, "bot_max_tokens"},
      {"SECOND_LIMIT", kPlatform, "ip_requests_per_second"},
      {"MINUTE_LIMIT", kPlatform, "ip_requests_per_minute"},
      {"HOUR_LIMIT", kPlatform, "ip_requests_per_hour"},
      {"ALLOW_ORIGIN", kBot, "cors_origins"},
      {"LANG", kPlatform, "language", nullptr, true},
  };
  return names;
}

std::vector<std::string> foreign_names_of(std::string_view key) {
  std::vector<std::string> names;
  for (const auto& foreign : foreign_names()) {
    if (foreign.key == key) names.emplace_back(foreign.name);
  }
  return names;
}

const std::vector<BotFileKey>& bot_file_keys() {
  static const std::vector<BotFileKey> keys{
      {"api_key", "APIKEY"},
      {"access_token", "ACCESS_TOKEN"},
      {"allow_origin", "ALLOW_ORIGIN"},
      {"port", "PORT"},
      {"bot_desc", "BOT_DESC"},
      {"max_tokens", "MAX_TOKENS"},
      {"model", "MODEL"},
      {"temperature", "TEMPERATURE"},
      {"top_p", "TOP_P"},
      {"frequency_penalty", "FREQ"},
      {"presence_penalty", "PRES"},
      {"proxy", "PROXY"},
  };
  return keys;
}

const ForeignName* find_foreign_name(std::string_view name, std::string_view key) {
  for (const auto& foreign : foreign_names()) {
    if (foreign.name == name && (key.empty() || foreign.key == key)) return &foreign;
  }
  return nullptr;
}

}  // namespace chatgate
