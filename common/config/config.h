// What `chatgate serve` runs with. One table (config_keys.cc) names every key, its type, default,
// bounds, aliases and one line of help; flags, environment, file, the README's table and
// `config show` all come from it. Loaded at start and on SIGHUP; a plain value afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/config/door_config.h"
#include "common/config/environment.h"
#include "common/domain/money.h"
#include "common/result.h"

namespace chatgate {

// One server that requests are relayed to.
struct UpstreamConfig {
  std::string name;                 // unique; appears in logs and in the books
  std::string base_url;             // up to and including "/v1"
  std::vector<std::string> keys;    // secret; empty: the server needs none
  int64_t weight = 1;               // share of the traffic among those that serve a model
  std::string proxy;                // "http://u:p@host:port", "socks5://..."; secret
  std::vector<std::string> models;  // upstream names or beginnings with `*`; empty: all
  int64_t connect_timeout_ms = 10'000;
  int64_t response_timeout_ms = 600'000;  // until the answer's head
  int64_t idle_timeout_ms = 300'000;      // between two pieces of the answer
};

enum class AbortPolicy : uint8_t { kCancel, kDrain };

struct Config : DoorConfig {
  std::string listen = "127.0.0.1:8080";  // address:port, [v6]:port; port 0 picks a free one
  std::string grpc_listen;                // the same, for gRPC; empty: it is off
  bool reuse_port = false;
  std::string db = "chatgate.db";
  std::vector<UpstreamConfig> upstreams;               // empty: the built-in demo upstream
  std::map<std::string, std::string> model_aliases;    // name that clients use -> upstream's name
  std::map<std::string, ExchangeRate> exchange_rates;  // "USD/CNY": CNY for one USD

  int64_t loops = 0;  // event loops; 0: one per core
  int64_t body_bytes_max = 64LL << 20;
  int64_t header_bytes_max = 64LL << 10;  // the whole head but the request line
  int64_t uri_bytes_max = 8LL << 10;
  int64_t grpc_message_bytes_max = 1LL << 20;  // of a question over gRPC
  int64_t headers_max = 100;
  int64_t connections_max = 20'000;
  int64_t connections_per_ip_max = 0;  // 0: no limit of its own
  int64_t header_timeout_ms = 30'000;
  int64_t body_timeout_ms = 60'000;    // between two pieces of a request body
  int64_t idle_timeout_ms = 120'000;   // a kept connection without a request
  int64_t write_timeout_ms = 60'000;   // a client that takes nothing
  int64_t ping_interval_ms = 15'000;   // `: ping` to a stream whose upstream is silent; >= 10 s
  int64_t drain_timeout_ms = 600'000;  // running requests after SIGTERM

  int64_t retries = 2;                 // further attempts before the first byte
  int64_t retry_after_ms_max = 2'000;  // a longer retry-after is passed to the client instead
  int64_t failures_to_set_aside = 5;   // consecutive failures of one upstream
  int64_t set_aside_ms = 5'000;        // doubles with each failed probe, to at most 32 times

  AbortPolicy abort_policy = AbortPolicy::kCancel;
  int64_t default_max_output_tokens =
      16'384;  // bounds the hold where neither request nor price does
  int64_t default_max_input_tokens =
      131'072;                   // where the prompt's size cannot be read off the body
  bool relay_unmetered = false;  // prepaid accounts may use endpoints whose cost cannot be seen

  // TLS on the main port: paths of PEM files, both or neither of the first two.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;    // whose certificates count as clients'; empty: none are asked
  std::string tls_client_auth;  // off, optional, required; never empty once loaded
  // Common name, alternative name or "sha256:HEX" of a client's certificate -> its account.
  std::map<std::string, std::string> tls_client_users;

  std::vector<std::string> trusted_proxies;  // addresses and CIDR whose X-Forwarded-For counts
  std::string master_key_file;               // seals the upstream keys kept in the database
  std::string log_level = "info";            // debug, info, warn, error
  std::string log_format = "text";           // text, json
  std::string access_log;                    // path; empty: none
  int64_t access_log_bytes_max = 100LL << 20;
  int64_t access_log_files = 14;
  std::string admin_listen = "127.0.0.1:9464";  // never open to the world; "off"
};

// Where a value came from: "default", "file chatgate.json", "environment OPENAI_API_KEY",
// ".env OPENAI_API_KEY", "flag --listen".
struct ConfigOrigin {
  std::string key;
  std::string value;  // as text, secrets masked
  std::string origin;
};

struct LoadedConfig {
  Config config;
  std::vector<ConfigOrigin> origins;  // every key, in the table's order
  // Sentences for people: how the names of other programs were understood and what was passed over,
  // and what whoever starts the gateway must not miss.
  std::vector<std::string> notes;
  std::vector<std::string> warnings;
};

// Values given on the command line, by key ("listen" -> "0.0.0.0:80").
using ConfigFlags = std::map<std::string, std::string>;

// Precedence: flag > environment > ./.env > file > ./config.json > default. `file`: a path that
// must exist, or empty: ./chatgate.json if there is one. The names of the programs that chatgate
// replaces are in foreign_names.cc; config.json is openai-api's. An unknown key, a number that is
// none or out of its bounds, two aliases that disagree: kInvalidArgument naming the key and its
// source.
Result<LoadedConfig> load_config(const std::string& file, const ConfigFlags& flags,
                                 const Environment& environment);

// The same for the administrator's verbs: only `db` and `master_key_file` are put into force, so
// that a shell without the gateway's environment (an upstream's "env:NAME"), or with variables of
// other programs in it, can still use the books.
Result<LoadedConfig> load_admin_config(const std::string& file, const ConfigFlags& flags,
                                       const Environment& environment);

// One row of the table, for flags, completions and documentation.
struct ConfigKey {
  std::string name;  // "body_bytes_max"; flag --body-bytes-max, CHATGATE_BODY_BYTES_MAX
  std::string
      type;  // "text", "integer", "decimal", "bytes", "duration", "boolean", "list", "object"
  std::string default_text;
  std::string help;
  std::vector<std::string> aliases;  // further environment names: OPENAI_API_KEY
  bool file_only = false;
  bool is_secret = false;
};
const std::vector<ConfigKey>& config_keys();

}  // namespace chatgate
