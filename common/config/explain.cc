#include "common/config/explain.h"

#include <algorithm>

#include "common/net/url.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

using Lines = std::vector<std::string>;

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string summary_of(const Config& config) {
  std::vector<std::string> names;
  for (const auto& upstream : config.upstreams) names.push_back(upstream.name);
  return "ok: listens on " + config.listen + ", keeps its books in " + config.db + ", relays to " +
         (names.empty() ? "the built-in demo upstream" : enumerated(names));
}

void explain_doors(const Config& config, Lines& lines) {
  const DoorConfig all;
  std::vector<std::string> closed;
  for (const auto& door : all.doors) {
    if (!contains(config.doors, door)) closed.push_back(door);
  }
  lines.push_back("doors: /v1" + std::string(config.doors.empty() ? "" : ", ") +
                  enumerated(config.doors) +
                  (closed.empty() ? "" : "; closed: " + enumerated(closed)));
  if (!config.grpc_listen.empty()) lines.push_back("gRPC: on " + config.grpc_listen);
  if (!config.own_keys.empty()) {
    lines.push_back("own keys: callers of " + enumerated(config.own_keys) +
                    " may bring a key of their own upstream account, which then pays");
  }
  if (!contains(config.doors, "bot")) return;
  lines.push_back("/ai/chat_proxy: " +
                  (config.chat_proxy_hosts.empty()
                       ? std::string("closed, as chat_proxy_hosts names no proxy")
                       : "sends through " + enumerated(config.chat_proxy_hosts)));
}

void explain_admin(const Config& config, Lines& lines) {
  lines.push_back(config.admin_listen == "off"
                      ? std::string("metrics: none")
                      : "metrics: at http://" + config.admin_listen + "/metrics");
}

void explain_callers(const Config& config, Lines& lines) {
  std::vector<std::string> open;
  for (const auto& door : config.guest_doors) {
    if (contains(config.doors, door)) open.push_back(door);
  }
  lines.push_back(open.empty()
                      ? "guests: none; every caller needs a token"
                      : "guests: callers of " + enumerated(open) + " need no token; the account " +
                            quote(config.guest_account) + " pays");
  if (contains(config.doors, "bot") && !config.access_token.empty()) {
    lines.push_back("access_token: opens the door bot; the account " + quote(config.guest_account) +
                    " pays");
  }
  if (!contains(config.doors, "web")) return;
  if (!config.static_users.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, password] : config.static_users) names.push_back(name);
    lines.push_back("static users: " + enumerated(names) + "; not metered");
  }
  lines.push_back(config.ops_key.empty()
                      ? "/accounts and /admin: closed, as there is no ops_key (OPS_KEY)"
                      : "/accounts and /admin: open to those who have the ops_key");
}

void explain_limits(const Config& config, Lines& lines) {
  std::vector<std::string> limits;
  const auto add = [&](int64_t count, const char* period) {
    if (count > 0) limits.push_back(std::to_string(count) + " per " + period);
  };
  add(config.ip_requests_per_second, "second");
  add(config.ip_requests_per_minute, "minute");
  add(config.ip_requests_per_hour, "hour");
  std::string line =
      "requests of one address: " + (limits.empty() ? "no limit" : enumerated(limits));
  if (contains(config.doors, "web") && config.web_requests_per_second > 0) {
    line += "; at the door web " + std::to_string(config.web_requests_per_second) +
            " per second, " + std::to_string(config.web_requests_burst) + " at once";
  }
  lines.push_back(std::move(line));
  lines.push_back("addresses: " +
                  (config.allow_ips.empty() ? std::string("all may come in")
                                            : "only " + enumerated(config.allow_ips)) +
                  (config.deny_ips.empty() ? "" : ", but not " + enumerated(config.deny_ips)));
  lines.push_back("web pages: " +
                  (contains(config.cors_origins, "*")
                       ? std::string("those of every origin may call")
                   : config.cors_origins.empty()
                       ? std::string("none of another origin may call")
                       : "those of " + enumerated(config.cors_origins) + " may call"));
}

}  // namespace

std::vector<std::string> explain(const LoadedConfig& loaded) {
  Lines lines{summary_of(loaded.config)};
  explain_doors(loaded.config, lines);
  explain_callers(loaded.config, lines);
  explain_limits(loaded.config, lines);
  explain_admin(loaded.config, lines);
  for (const auto& note : loaded.notes) lines.push_back("note: " + note);
  for (const auto& warning : loaded.warnings) lines.push_back("warning: " + warning);
  return lines;
}

std::string enumerated(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace chatgate
