// THE table of the configuration. A new key is one row here, in tls_keys.cc or in door_keys.cc, and
// one field in Config.

#include <string>

#include "common/config/config_row.h"
#include "common/config/door_keys.h"
#include "common/config/foreign_names.h"
#include "common/config/row_makers.h"
#include "common/config/tls_keys.h"
#include "common/log/log.h"
#include "common/net/address.h"
#include "common/net/url.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

Result<std::string> normalize_listen(std::string_view text) {
  return parse_host_port(text).map(format_host_port);
}

// Whoever can reach it reads what the gateway does, so it is never open to the world.
Result<std::string> normalize_admin_listen(std::string_view text) {
  if (to_lower(text) == "off") return std::string("off");
  return parse_host_port(text).map(format_host_port).and_then([](std::string address) {
    if (is_private(address)) return Result<std::string>(std::move(address));
    return Result<std::string>(
        fail(ErrorCode::kInvalidArgument,
             address + " can be reached by others than this machine and its private networks, "
                       "who must not read the metrics; give 127.0.0.1:9464, a private address of "
                       "this machine, or off"));
  });
}

Result<std::string> normalize_grpc_listen(std::string_view text) {
  return normalize_optional_listen(text, "9000");
}

// "sqlite:PATH" and "sqlite://PATH" to PATH; addresses of other databases are refused.
Result<std::string> normalize_db(std::string_view text) {
  if (text.starts_with("sqlite:")) {
    text.remove_prefix(7);
    if (text.starts_with("//")) text.remove_prefix(2);
    text = text.substr(0, text.find('?'));
  } else if (names_other_database(text)) {
    return fail(ErrorCode::kInvalidArgument,
                "this names another kind of database; chatgate keeps its books in SQLite, so give "
                "the path of a file");
  }
  if (text.empty()) return fail(ErrorCode::kInvalidArgument, "the database needs a path");
  if (text == ":memory:") {
    return fail(ErrorCode::kInvalidArgument, "books in memory would be lost; give a file's path");
  }
  return std::string(text);
}

Result<std::string> normalize_upstream_url(std::string_view text) {
  return text.empty() ? Result<std::string>("") : parse_base_url(text);
}

Result<std::string> normalize_proxy(std::string_view text) {
  return text.empty() ? Result<std::string>("") : parse_proxy_url(text);
}

Result<std::string> normalize_log_level(std::string_view text) {
  const std::string name = to_lower(text);
  if (log::level_of(name)) return name;
  return fail(ErrorCode::kInvalidArgument,
              quote(text) + " is not a log level; write debug, info, warn or error");
}

Result<std::string> normalize_log_format(std::string_view text) {
  const std::string name = to_lower(text);
  if (log::format_of(name)) return name;
  return fail(ErrorCode::kInvalidArgument, quote(text) + " is not a format; write text or json");
}

void add_basic_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(text("listen", &Settings::listen, "127.0.0.1:8080",
                      "address and port to listen on: `host:port`, `[v6]:port` or `:port`",
                      normalize_listen));
  rows.push_back(text("grpc_listen", &Settings::grpc_listen, "",
                      "address to serve gRPC on, without a port 9000; `on`: 127.0.0.1:9000",
                      normalize_grpc_listen));
  rows.push_back(
      text("db", &Settings::db, "chatgate.db", "path of the SQLite database", normalize_db));
  rows.push_back(text("upstream_url", &Settings::upstream_url, "",
                      "base URL of the one upstream; alone: a server that needs no key",
                      normalize_upstream_url));
  rows.push_back(secret(text("upstream_key", &Settings::upstream_key, "",
                             "key of the one upstream; alone: that of api.openai.com")));
  rows.push_back(
      text("upstream_proxy", &Settings::upstream_proxy, "",
           "proxy to every upstream that names none: `http://`, `socks5://`, `socks5h://`",
           normalize_proxy));
  rows.push_back(file_only(other("list", "upstreams", std::monostate{}, "",
                                 "several upstreams (see below); none: the built-in demo")));
  rows.push_back(other("object", "model_aliases", &Settings::model_aliases, "",
                       "names that clients may use, each with the upstream's name of the model"));
  rows.push_back(other("object", "exchange_rates", &Settings::exchange_rates, "",
                       "`\"USD/CNY\": \"7.1\"`: CNY for one USD"));
}

void add_transport_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(other("boolean", "reuse_port", &Settings::reuse_port, "false",
                       "let other processes listen on the same address (`SO_REUSEPORT`)"));
  rows.push_back(integer("loops", &Settings::loops, "0", 0, 1024,
                         "event loops, one thread each; 0: one for each core"));
  rows.push_back(bytes("body_bytes_max", &Settings::body_bytes_max, "64MiB", 1, 1LL << 40,
                       "largest request body"));
  rows.push_back(bytes("header_bytes_max", &Settings::header_bytes_max, "64KiB", 1 << 10, 16 << 20,
                       "largest request head without its first line"));
  rows.push_back(bytes("uri_bytes_max", &Settings::uri_bytes_max, "8KiB", 64, 1 << 20,
                       "longest request target"));
  rows.push_back(bytes("grpc_message_bytes_max", &Settings::grpc_message_bytes_max, "1MiB", 1,
                       1LL << 30, "largest question over gRPC"));
  rows.push_back(integer("headers_max", &Settings::headers_max, "100", 1, 10'000,
                         "most headers of a request"));
  rows.push_back(integer("connections_max", &Settings::connections_max, "20000", 1, 1'000'000,
                         "connections at a time, at all ports but `admin_listen`"));
  rows.push_back(integer("connections_per_ip_max", &Settings::connections_per_ip_max, "0", 0,
                         1'000'000, "likewise, from one address; 0: no limit"));
  rows.push_back(duration("header_timeout", &Settings::header_timeout_ms, "30s", 1, kDayMs,
                          "from a request's first byte to the end of its head"));
  rows.push_back(duration("body_timeout", &Settings::body_timeout_ms, "1m", 1, kDayMs,
                          "between two pieces of a request's body"));
  rows.push_back(duration("idle_timeout", &Settings::idle_timeout_ms, "2m", 1, kDayMs,
                          "a kept connection without a request"));
  rows.push_back(duration("write_timeout", &Settings::write_timeout_ms, "1m", 1, kDayMs,
                          "a client that takes nothing of its answer"));
  rows.push_back(or_off(duration(
      "ping_interval", &Settings::ping_interval_ms, "15s", 10 * kSecondMs, kDayMs,
      "between pings to a stream whose upstream is silent, or to a silent WebSocket; 0: never")));
  rows.push_back(duration("drain_timeout", &Settings::drain_timeout_ms, "10m", 0, kDayMs,
                          "how long running requests may go on after SIGTERM"));
}

void add_relay_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(integer("retries", &Settings::retries, "2", 0, 100,
                         "further attempts before the first byte went to the client"));
  rows.push_back(duration("retry_after_max", &Settings::retry_after_ms_max, "2s", 0, kDayMs,
                          "longest `retry-after` waited out here; the client gets a longer one"));
  rows.push_back(integer("failures_to_set_aside", &Settings::failures_to_set_aside, "5", 1,
                         1'000'000, "failures in a row before an upstream is set aside"));
  rows.push_back(duration("set_aside", &Settings::set_aside_ms, "5s", 1, kDayMs,
                          "first rest of an upstream set aside; doubles up to 32 times"));
  rows.push_back(
      other("text", "abort_policy", &Settings::abort_policy, "cancel",
            "when a client leaves: `cancel` the answer, or `drain` it to know its cost"));
  rows.push_back(integer("default_max_output_tokens", &Settings::default_max_output_tokens, "16384",
                         1, 1'000'000'000, "bounds an answer where request and price do not"));
  rows.push_back(integer("default_max_input_tokens", &Settings::default_max_input_tokens, "131072",
                         1, 1'000'000'000, "bounds a prompt whose size the body does not show"));
  rows.push_back(other("boolean", "relay_unmetered", &Settings::relay_unmetered, "false",
                       "let prepaid accounts use endpoints whose cost cannot be seen"));
  rows.push_back(other("list", "trusted_proxies", &Settings::trusted_proxies, "",
                       "addresses and blocks whose `X-Forwarded-For` counts", normalize_ip_range));
  rows.push_back(text("master_key_file", &Settings::master_key_file, "",
                      "file with the 64 hexadecimal digits that seal stored upstream keys"));
  rows.push_back(text("log_level", &Settings::log_level, "info",
                      "least level that is logged: debug, info, warn, error", normalize_log_level));
}

void add_log_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(text("log_format", &Settings::log_format, "text",
                      "lines on stderr: `text`, or `json` with one object each",
                      normalize_log_format));
  rows.push_back(text("access_log", &Settings::access_log, "",
                      "file that gets one line of JSON for each request; none: no such log"));
  rows.push_back(
      or_off(bytes("access_log_bytes_max", &Settings::access_log_bytes_max, "100MiB", 4 << 10,
                   1LL << 40, "rotates the access log before it grows larger; 0: only each day")));
  rows.push_back(integer("access_log_files", &Settings::access_log_files, "14", 0, 10'000,
                         "rotated access logs that are kept; 0: another program rotates"));
  rows.push_back(text("admin_listen", &Settings::admin_listen, "127.0.0.1:9464",
                      "private address and port of `/metrics` and `/healthz` for the "
                      "administrator; `off`: none",
                      normalize_admin_listen));
}

std::vector<ConfigRow> make_rows() {
  std::vector<ConfigRow> rows;
  add_basic_rows(rows);
  add_transport_rows(rows);
  add_tls_rows(rows);
  add_relay_rows(rows);
  add_log_rows(rows);
  add_door_rows(rows);
  add_guard_rows(rows);
  for (auto& row : rows) row.key.aliases = foreign_names_of(row.key.name);
  return rows;
}

std::string with_case_and_dash(std::string name, bool is_upper) {
  for (char& c : name) {
    if (is_upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!is_upper && c == '_') c = '-';
  }
  return name;
}

}  // namespace

bool names_other_database(std::string_view text) {
  return !text.starts_with("sqlite:") && (text.find("://") != std::string_view::npos ||
                                          text.find("@tcp(") != std::string_view::npos);
}

bool is_address(std::string_view text) {
  return text.find("://") != text.npos || names_other_database(text);
}

const std::vector<ConfigRow>& config_rows() {
  static const std::vector<ConfigRow> rows = make_rows();
  return rows;
}

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys = [] {
    std::vector<ConfigKey> result;
    for (const auto& row : config_rows()) result.push_back(row.key);
    return result;
  }();
  return keys;
}

const ConfigRow* find_config_row(std::string_view name) {
  for (const auto& row : config_rows()) {
    if (row.key.name == name) return &row;
  }
  return nullptr;
}

std::string environment_name_of(const ConfigKey& key) {
  return "CHATGATE_" + with_case_and_dash(key.name, true);
}

std::string flag_name_of(const ConfigKey& key) {
  return "--" + with_case_and_dash(key.name, false);
}

}  // namespace chatgate
