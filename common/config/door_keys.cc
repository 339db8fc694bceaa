#include "common/config/door_keys.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <string>

#include "common/config/row_makers.h"
#include "common/domain/decimal.h"
#include "common/domain/user.h"
#include "common/messages/language.h"
#include "common/net/url.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

Result<std::string> normalize_word(std::string_view text,
                                   std::initializer_list<std::string_view> words) {
  const std::string name = to_lower(text);
  std::string list;
  for (const auto& word : words) {
    if (word == name) return name;
    list.append(list.empty() ? "" : ", ").append(word);
  }
  return fail(ErrorCode::kInvalidArgument, quote(text) + " is none of: " + list);
}

Result<std::string> normalize_door(std::string_view text) {
  return normalize_word(text, {"agent", "web", "ask", "platform", "bot", "docs"});
}

Result<std::string> normalize_own_key_door(std::string_view text) {
  return normalize_word(text, {"v1", "platform", "bot"});
}

Result<std::string> normalize_guest_door(std::string_view text) {
  return normalize_word(text, {"ask", "platform", "bot"});
}

Result<std::string> normalize_conversations(std::string_view text) {
  return normalize_word(text, {"database", "memory"});
}

// A decimal number from `min` to `max` with at most six decimals, as JSON writes it.
Result<std::string> normalize_decimal(std::string_view text, int64_t min, int64_t max) {
  constexpr int64_t kMillion = 1'000'000;
  if (text.empty()) return std::string();
  const auto number = read_number(text);
  const auto millionths = number ? round_half_to_even(*number, 6) : std::nullopt;
  if (!millionths || !millionths->is_exact || millionths->value < min * kMillion ||
      millionths->value > max * kMillion) {
    return fail(ErrorCode::kInvalidArgument, quote(text) + " is not a decimal number from " +
                                                 std::to_string(min) + " to " +
                                                 std::to_string(max));
  }
  const int64_t size = std::abs(millionths->value);
  std::string normal = (millionths->value < 0 ? "-" : "") + std::to_string(size / kMillion);
  if (size % kMillion != 0) {
    normal += "." + std::to_string(kMillion + size % kMillion).substr(1);
    while (normal.ends_with('0')) normal.pop_back();
  }
  return normal;
}

Result<std::string> normalize_temperature(std::string_view text) {
  return normalize_decimal(text, 0, 2);
}

Result<std::string> normalize_top_p(std::string_view text) { return normalize_decimal(text, 0, 1); }

Result<std::string> normalize_penalty(std::string_view text) {
  return normalize_decimal(text, -2, 2);
}

Result<std::string> normalize_account(std::string_view text) {
  return check_user_name(text).map([&] { return std::string(text); });
}

// An operations key opens every account, so one that anybody would guess is none.
Result<std::string> normalize_ops_key(std::string_view text) {
  if (to_lower(trim(text)) == "admin") {
    return fail(ErrorCode::kInvalidArgument,
                "an operations key that everybody knows protects nothing; take a random one, as "
                "`openssl rand -hex 32` prints");
  }
  return std::string(text);
}

// By the other routes of server/routes.cc.
bool is_taken_path(std::string_view path) {
  constexpr std::array<std::string_view, 17> kTaken{
      "chat",          "data/week",        "chatgpt",     "accounts",   "healthz", "readyz",
      "api/chat",      "api/chat-process", "api/session", "api/config", "ai/chat", "ai/chat_custom",
      "ai/chat_proxy", "openapi.json",     "docs",        "ws",         "admin"};
  return path.starts_with("v1/") || path.starts_with("ask/") || path.starts_with("docs/") ||
         path.starts_with("admin/") ||
         std::find(kTaken.begin(), kTaken.end(), path) != kTaken.end();
}

// "api", "a/b"; "/" or nothing: the root.
Result<std::string> normalize_route(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return std::string("/");
  if (is_taken_path(text)) {
    return fail(ErrorCode::kInvalidArgument, quote(text) + " is the path of another door");
  }
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/';
    if (!is_plain || text.find("//") != text.npos || text.find("..") != text.npos) {
      return fail(ErrorCode::kInvalidArgument,
                  quote(text) + " is not a path; write letters, digits and . _ - / alone");
    }
  }
  return std::string(text);
}

// "*", or an origin as browsers send it (RFC 6454, 6.2): lower case, without the scheme's own port.
Result<std::string> normalize_origin(std::string_view text) {
  if (text == "*") return std::string(text);
  const auto url = parse_url(text, {"http", "https"});
  if (!url) {
    return fail(ErrorCode::kInvalidArgument,
                url.error().message + "; an origin is written https://example.org");
  }
  if (url->path.find_first_not_of('/') != url->path.npos || !url->userinfo.empty()) {
    return fail(
        ErrorCode::kInvalidArgument,
        quote(mask_url(text)) + " is more than an origin; write scheme, host and port alone");
  }
  if (url->host.find('*') != url->host.npos) {
    return fail(ErrorCode::kInvalidArgument,
                quote(text) + " stands for several origins; name each of them, or * for all");
  }
  const bool is_own_port = url->port == (url->scheme == "http" ? "80" : "443");
  return url->scheme + "://" + to_lower(url->host) +
         (url->port.empty() || is_own_port ? "" : ":" + url->port);
}

// "host" or "host:port", as a proxy's address is compared with them.
Result<std::string> normalize_proxy_host(std::string_view text) {
  const size_t colon = text.rfind(':');
  const bool has_port = colon != text.npos && text.find(']', colon) == text.npos;
  const auto address = parse_host_port(has_port ? std::string(text) : std::string(text) + ":1");
  if (!address || address->host.empty() || address->port == 0) {
    return fail(ErrorCode::kInvalidArgument, quote(mask_url(text)) +
                                                 " is not a host; write proxy.example.org or "
                                                 "proxy.example.org:8080");
  }
  const std::string normal = to_lower(format_host_port(*address));
  return has_port ? normal : normal.substr(0, normal.rfind(':'));
}

Result<std::string> normalize_websocket_listen(std::string_view text) {
  return normalize_optional_listen(text, "9001");
}

Result<std::string> normalize_language(std::string_view text) {
  if (const auto language = parse_language(text)) return std::string(language_name(*language));
  return fail(ErrorCode::kInvalidArgument,
              quote(text) + " is no language of the messages; write en, zh_CN, zh_TW or ru_RU");
}

void add_general_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(other("list", "doors", &Settings::doors, "agent,web,ask,platform,bot,docs",
                       "front doors that are open beside `/v1`", normalize_door));
  rows.push_back(other("list", "own_keys", &Settings::own_keys, "",
                       "of `v1`, `platform`, `bot`: where callers may bring an upstream key of "
                       "their own",
                       normalize_own_key_door));
  rows.push_back(other("list", "guest_doors", &Settings::guest_doors, "",
                       "of `ask`, `platform`, `bot`: where callers need no token",
                       normalize_guest_door));
  rows.push_back(text("guest_account", &Settings::guest_account, "guest",
                      "account that requests without a token are booked to", normalize_account));
  rows.push_back(text("default_model", &Settings::default_model, "gpt-4o-mini",
                      "model of doors whose clients name none; `demo` with the demo upstream"));
  rows.push_back(decimal("default_temperature", &Settings::default_temperature,
                         "0 to 2; of doors whose clients do not say", normalize_temperature));
  rows.push_back(
      decimal("default_top_p", &Settings::default_top_p, "0 to 1, likewise", normalize_top_p));
  rows.push_back(decimal("default_presence_penalty", &Settings::default_presence_penalty,
                         "-2 to 2, likewise", normalize_penalty));
  rows.push_back(decimal("default_frequency_penalty", &Settings::default_frequency_penalty,
                         "-2 to 2, likewise", normalize_penalty));
}

void add_conversation_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(integer("context_tokens", &Settings::context_tokens, "4096", 16, 100'000'000,
                         "tokens of a conversation's question, history and answer together"));
  rows.push_back(integer("min_response_tokens", &Settings::min_response_tokens, "600", 1,
                         100'000'000, "of these, kept free for the answer"));
  rows.push_back(duration("web_message_ttl", &Settings::web_message_ttl_ms, "30m", kSecondMs,
                          3650 * kDayMs, "how long the door `web` remembers a message"));
  rows.push_back(duration("ask_message_ttl", &Settings::ask_message_ttl_ms, "30d", kSecondMs,
                          3650 * kDayMs, "how long the door `ask` remembers a message"));
  rows.push_back(text("conversations", &Settings::conversations, "database",
                      "where messages are kept: `database`, or `memory` alone",
                      normalize_conversations));
}

void add_websocket_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(text("websocket_listen", &Settings::websocket_listen, "",
                      "port of its own for the WebSocket of the door `ask`, beside its `/ws`: an "
                      "address, or `on` for `127.0.0.1:9001`; none: no such port",
                      normalize_websocket_listen));
  rows.push_back(bytes("websocket_message_bytes_max", &Settings::websocket_message_bytes_max,
                       "1MiB", 1 << 10, 64 << 20, "largest message of a WebSocket's client"));
  rows.push_back(duration("websocket_idle_timeout", &Settings::websocket_idle_timeout_ms, "10m",
                          kSecondMs, 30 * kDayMs,
                          "a WebSocket that sends no question and answers no ping"));
}

void add_dialect_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(secret(other("object", "static_users", &Settings::static_users, "",
                              "unmetered accounts with their passwords, made at the start",
                              normalize_account)));
  rows.push_back(
      secret(text("ops_key", &Settings::ops_key, "",
                  "key of `/accounts` and `/admin`; none: they are closed", normalize_ops_key)));
  rows.push_back(text("ops_link", &Settings::ops_link, "",
                      "where the door `web` sends people who need an account or credit"));
  rows.push_back(integer("web_requests_per_second", &Settings::web_requests_per_second, "1", 0,
                         1'000'000, "questions of one address at the door `web`; 0: no limit"));
  rows.push_back(integer("web_requests_burst", &Settings::web_requests_burst, "2", 1, 1'000'000,
                         "of them at once"));
  rows.push_back(text("platform_route", &Settings::platform_route, "api",
                      "path of the door `platform`; `/`: the root", normalize_route));
  rows.push_back(secret(text("access_token", &Settings::access_token, "",
                             "opens the door `bot` beside chatgate's own tokens")));
  rows.push_back(text("bot_desc", &Settings::bot_desc, "",
                      "told to the model before each question at the door `bot`"));
  rows.push_back(integer("bot_max_tokens", &Settings::bot_max_tokens, "512", 1, 100'000'000,
                         "longest answer at the door `bot`"));
  rows.push_back(other("list", "chat_proxy_hosts", &Settings::chat_proxy_hosts, "",
                       "proxies that callers of `/ai/chat_proxy` may name; none: it is closed",
                       normalize_proxy_host));
}

}  // namespace

void add_door_rows(std::vector<ConfigRow>& rows) {
  add_general_rows(rows);
  add_conversation_rows(rows);
  add_websocket_rows(rows);
  add_dialect_rows(rows);
}

void add_guard_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(other("list", "allow_ips", &Settings::allow_ips, "",
                       "addresses and blocks that may come in; none: all", normalize_ip_range));
  rows.push_back(other("list", "deny_ips", &Settings::deny_ips, "",
                       "addresses and blocks that may not", normalize_ip_range));
  rows.push_back(integer("ip_requests_per_second", &Settings::ip_requests_per_second, "0", 0,
                         1'000'000, "requests of one address (IPv6: one /64); 0: no limit"));
  rows.push_back(integer("ip_requests_per_minute", &Settings::ip_requests_per_minute, "0", 0,
                         1'000'000, "likewise"));
  rows.push_back(integer("ip_requests_per_hour", &Settings::ip_requests_per_hour, "0", 0, 1'000'000,
                         "likewise"));
  rows.push_back(other("list", "cors_origins", &Settings::cors_origins, "*",
                       "origins whose web pages may call; `*`: all", normalize_origin));
  rows.push_back(text("language", &Settings::language, "en", "of messages: en, zh_CN, zh_TW, ru_RU",
                      normalize_language));
}

}  // namespace chatgate
