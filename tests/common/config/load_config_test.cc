#include <catch2/catch_all.hpp>

#include "common/config/config.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

const std::string kKey = "sk-0123456789abcdefghij";

Config load(const ConfigFlags& flags, const Environment& environment) {
  auto loaded = load_config("", flags, environment);
  if (!loaded) FAIL(loaded.error().message);
  return loaded->config;
}

std::string error_of(const ConfigFlags& flags, const Environment& environment) {
  const auto loaded = load_config("", flags, environment);
  if (loaded) FAIL("no error");
  CHECK(loaded.error().code == ErrorCode::kInvalidArgument);
  return loaded.error().message;
}

ConfigOrigin origin_of(const LoadedConfig& loaded, std::string_view key) {
  for (const auto& origin : loaded.origins) {
    if (origin.key == key) return origin;
  }
  return {};
}

}  // namespace

TEST_CASE("without any source the defaults are in force, and no upstream") {
  const TempFolder folder;
  const auto loaded = load_config("", {}, {});
  REQUIRE(loaded);
  CHECK(loaded->config.listen == "127.0.0.1:8080");
  CHECK(loaded->config.body_bytes_max == 64 << 20);
  CHECK(loaded->config.upstreams.empty());
  CHECK(loaded->origins.size() == config_keys().size());
  for (const auto& origin : loaded->origins) CHECK(origin.origin == "default");
}

TEST_CASE("flag beats environment beats .env beats file") {
  const TempFolder folder;
  folder.write("chatgate.json",
               R"({"retries": 1, "loops": 1, "db": "file.db", "log_level": "warn"})");
  folder.write(".env", "CHATGATE_RETRIES=2\nCHATGATE_LOOPS=2\nCHATGATE_DB=dotenv.db\n");
  const auto loaded =
      load_config("", {{"retries", "4"}}, {{"CHATGATE_RETRIES", "3"}, {"CHATGATE_LOOPS", "3"}});
  REQUIRE(loaded);
  CHECK(loaded->config.retries == 4);
  CHECK(loaded->config.loops == 3);
  CHECK(loaded->config.db == "dotenv.db");
  CHECK(loaded->config.log_level == "warn");
  CHECK(origin_of(*loaded, "retries").origin == "flag --retries");
  CHECK(origin_of(*loaded, "loops").origin == "environment CHATGATE_LOOPS");
  CHECK(origin_of(*loaded, "db").origin == ".env CHATGATE_DB");
  CHECK(origin_of(*loaded, "log_level").origin == "file chatgate.json");
}

TEST_CASE("values are read with their units") {
  const TempFolder folder;
  folder.write("chatgate.json", R"({"body_bytes_max": "64MB", "idle_timeout": "90s",
      "drain_timeout": 30, "uri_bytes_max": 4096, "relay_unmetered": true,
      "trusted_proxies": ["10.0.0.0/8", "::1"], "abort_policy": "drain",
      "model_aliases": {"gpt": "gpt-4o"}, "exchange_rates": {"usd/cny": "7.1", "EUR/USD": 1.25}})");
  const Config config =
      load({}, {{"CHATGATE_WRITE_TIMEOUT", "5"}, {"CHATGATE_HEADER_TIMEOUT", "500ms"}});
  CHECK(config.body_bytes_max == 64'000'000);
  CHECK(config.idle_timeout_ms == 90'000);
  CHECK(config.drain_timeout_ms == 30'000);
  CHECK(config.write_timeout_ms == 5'000);
  CHECK(config.header_timeout_ms == 500);
  CHECK(config.uri_bytes_max == 4096);
  CHECK(config.relay_unmetered);
  CHECK(config.trusted_proxies == std::vector<std::string>{"10.0.0.0/8", "::1"});
  CHECK(config.abort_policy == AbortPolicy::kDrain);
  CHECK(config.model_aliases.at("gpt") == "gpt-4o");
  CHECK(config.exchange_rates.at("USD/CNY").nanos == 7'100'000'000);
  CHECK(config.exchange_rates.at("EUR/USD").nanos == 1'250'000'000);
}

TEST_CASE("a value that cannot be read names its key and its source") {
  const TempFolder folder;
  CHECK(error_of({}, {{"CHATGATE_PING_INTERVAL", "5s"}}) ==
        "environment CHATGATE_PING_INTERVAL: \"5s\" is too small; write 10s or more, or 0 to "
        "switch it off");
  CHECK_THAT(error_of({{"retries", "many"}}, {}), StartsWith("flag --retries: \"many\""));
  CHECK_THAT(error_of({{"listen", "8080"}}, {}), ContainsSubstring("no port"));
  CHECK_THAT(error_of({{"trusted_proxies", "10.0.0.0/33"}}, {}), ContainsSubstring("0 to 32"));
  CHECK_THAT(error_of({{"exchange_rates", "USD=7"}}, {}), ContainsSubstring("pair of currencies"));
  CHECK_THAT(error_of({{"body_bytes_max", "0"}}, {}), ContainsSubstring("too small"));
  CHECK(load({{"ping_interval", "0"}}, {}).ping_interval_ms == 0);

  folder.write("chatgate.json", R"({"idle_timeout": "soon"})");
  CHECK_THAT(error_of({}, {}), StartsWith("file chatgate.json: idle_timeout: \"soon\""));
  // Also where a stronger source hides it, so that it is found before it matters.
  CHECK_THAT(error_of({{"idle_timeout", "1m"}}, {}), StartsWith("file chatgate.json"));
  folder.write("chatgate.json", R"({"relay_unmetered": "perhaps"})");
  CHECK_THAT(error_of({}, {}), ContainsSubstring("true or false"));
}

TEST_CASE("unknown keys are errors that suggest the near miss") {
  const TempFolder folder;
  CHECK_THAT(error_of({}, {{"CHATGATE_LISTN", ":80"}}),
             ContainsSubstring("did you mean \"CHATGATE_LISTEN\"?"));
  CHECK_THAT(error_of({}, {{"CHATGATE_UPSTREAMS", "[]"}}), ContainsSubstring("file only"));
  folder.write("chatgate.json", R"({"lisen": ":80"})");
  CHECK(error_of({}, {}) == "file chatgate.json: lisen: unknown key; did you mean \"listen\"?");
}

TEST_CASE("the environment that Kubernetes makes for a service of our name is no mistake") {
  const TempFolder folder;
  CHECK(load({}, {{"CHATGATE_PORT", "tcp://10.0.0.1:8080"},
                  {"CHATGATE_SERVICE_HOST", "10.0.0.1"},
                  {"CHATGATE_SERVICE_PORT_HTTP", "8080"},
                  {"CHATGATE_PORT_8080_TCP_ADDR", "10.0.0.1"}})
            .listen == "127.0.0.1:8080");
}

TEST_CASE("broken JSON is found by line and column and never shown") {
  const TempFolder folder;
  folder.write("chatgate.json", "{\n  \"db\": \"x\",\n  \"upstream_key\": \"sk-secret\n}");
  const std::string message = error_of({}, {});
  CHECK_THAT(message, StartsWith("file chatgate.json, line 3, column"));
  CHECK_THAT(message, !ContainsSubstring("sk-secret"));
  folder.write("chatgate.json", "{\"db\": \"x\", \"db\": \"y\"}");
  CHECK_THAT(error_of({}, {}), ContainsSubstring("\"db\" is given twice"));
  folder.write("chatgate.json", "[]");
  CHECK_THAT(error_of({}, {}), ContainsSubstring("one object"));
  folder.write("chatgate.json", "");
  CHECK_THAT(error_of({}, {}), ContainsSubstring("line 1, column 1"));
}

TEST_CASE("a file that is named must exist") {
  const TempFolder folder;
  CHECK_THAT(load_config("none.json", {}, {}).error().message, ContainsSubstring("none.json"));
  CHECK_THAT(load_config(".", {}, {}).error().message, ContainsSubstring("folder"));
}

TEST_CASE("host and port may come as two variables") {
  const TempFolder folder;
  CHECK(load({}, {{"PORT", "9000"}}).listen == "127.0.0.1:9000");
  CHECK(load({}, {{"BIND_ADDRESS", "0.0.0.0"}}).listen == "0.0.0.0:8080");
  CHECK(load({}, {{"SERVER_HOST", "::"}, {"SERVER_PORT", "7080"}}).listen == "[::]:7080");
  CHECK(load({{"listen", ":1"}}, {{"PORT", "9000"}}).listen == ":1");
  CHECK(load({}, {{"CHATGATE_LISTEN", "1.2.3.4:9000"}, {"PORT", "9000"}}).listen == "1.2.3.4:9000");
  CHECK_THAT(error_of({}, {{"CHATGATE_LISTEN", ":80"}, {"PORT", "9000"}}),
             ContainsSubstring("CHATGATE_LISTEN") && ContainsSubstring("PORT") &&
                 ContainsSubstring("disagree"));
  CHECK_THAT(error_of({}, {{"PORT", "1"}, {"SERVER_PORT", "2"}}), ContainsSubstring("disagree"));
  CHECK_THAT(error_of({}, {{"PORT", "http"}}), StartsWith("environment PORT: listen:"));
}

TEST_CASE("one upstream comes from a URL, a key, or both") {
  const TempFolder folder;
  const Config by_key = load({}, {{"OPENAI_API_KEY", kKey}});
  REQUIRE(by_key.upstreams.size() == 1);
  CHECK(by_key.upstreams[0].name == "default");
  CHECK(by_key.upstreams[0].base_url == "https://api.openai.com/v1");
  CHECK(by_key.upstreams[0].keys == std::vector<std::string>{kKey});

  const Config by_url = load({{"upstream_url", "http://127.0.0.1:9/"}}, {});
  REQUIRE(by_url.upstreams.size() == 1);
  CHECK(by_url.upstreams[0].base_url == "http://127.0.0.1:9/v1");
  CHECK(by_url.upstreams[0].keys.empty());

  const Config old_names = load({}, {{"OPENAI_KEY", kKey},
                                     {"OPENAI_URL", "http://h/v1/chat/completions"},
                                     {"SOCKS_PROXY", "socks5://u:p@h:1080"}});
  CHECK(old_names.upstreams[0].base_url == "http://h/v1");
  CHECK(old_names.upstreams[0].keys[0] == kKey);
  CHECK(old_names.upstreams[0].proxy == "socks5://u:p@h:1080");
}

TEST_CASE("aliases that agree are one, those that disagree an error without the secret") {
  const TempFolder folder;
  CHECK(load({}, {{"OPENAI_API_KEY", kKey}, {"OPENAI_KEY", kKey}}).upstreams.size() == 1);
  CHECK(load({}, {{"OPENAI_BASE_URL", "http://h/v1/"}, {"CHATGATE_UPSTREAM_URL", "http://h/v1"}})
            .upstreams.size() == 1);
  const std::string message = error_of({}, {{"OPENAI_API_KEY", kKey}, {"OPENAI_KEY", "other"}});
  CHECK_THAT(message, ContainsSubstring("OPENAI_API_KEY") && ContainsSubstring("OPENAI_KEY"));
  CHECK_THAT(message, !ContainsSubstring(kKey) && !ContainsSubstring("other"));
}

TEST_CASE("OPENAI_PROXY counts when it is a URL") {
  const TempFolder folder;
  CHECK(load({}, {{"OPENAI_KEY", kKey}, {"OPENAI_PROXY", "true"}}).upstreams[0].proxy.empty());
  CHECK(load({}, {{"OPENAI_KEY", kKey}, {"OPENAI_PROXY", "http://p:1"}}).upstreams[0].proxy ==
        "http://p:1");
  CHECK_THAT(error_of({}, {{"OPENAI_PROXY", "p:1"}}), ContainsSubstring("upstream_proxy"));
}

TEST_CASE("an empty variable counts as none") {
  const TempFolder folder;
  CHECK(load({}, {{"OPENAI_API_KEY", ""}, {"PORT", ""}}).upstreams.empty());
}

TEST_CASE("database addresses of other programs") {
  const TempFolder folder;
  CHECK(load({}, {{"DATABASE_URL", "sqlite:books.db"}}).db == "books.db");
  CHECK(load({}, {{"DATABASE_URL", "sqlite:///var/books.db?mode=rwc"}}).db == "/var/books.db");
  CHECK(load({}, {{"DB", "/var/books.db"}}).db == "/var/books.db");
  const std::string postgres = "postgres://u:hunter2@h/x";
  CHECK_THAT(error_of({}, {{"DATABASE_URL", postgres}}),
             ContainsSubstring("SQLite") && !ContainsSubstring("hunter2"));
  CHECK(load({}, {{"DATABASE_URL", postgres}, {"CHATGATE_DB", "x.db"}}).db == "x.db");
  CHECK(load({{"db", "x.db"}}, {{"DATABASE_URL", postgres}}).db == "x.db");
  CHECK_THAT(error_of({}, {{"DB", "u:p@tcp(h:3306)/name"}}), ContainsSubstring("SQLite"));
}

TEST_CASE("secrets have no flag and are masked where they are shown") {
  const TempFolder folder;
  CHECK_THAT(error_of({{"upstream_key", kKey}}, {}),
             ContainsSubstring("CHATGATE_UPSTREAM_KEY") && !ContainsSubstring(kKey));
  CHECK_THAT(error_of({{"upstream_url", "http://u:hunter2@h/"}}, {}),
             ContainsSubstring("CHATGATE_UPSTREAM_URL") && !ContainsSubstring("hunter2"));
  const auto loaded = load_config("", {},
                                  {{"OPENAI_API_KEY", kKey},
                                   {"OPENAI_BASE_URL", "http://u:hunter2@h/"},
                                   {"OPENAI_PROXY", "http://u:hunter2@h:1"}});
  REQUIRE(loaded);
  CHECK(origin_of(*loaded, "upstream_key").value == "sk-0…ghij");
  for (const auto& origin : loaded->origins) {
    CHECK_THAT(origin.value, !ContainsSubstring("hunter2") && !ContainsSubstring(kKey));
  }
}

TEST_CASE("an administrator's shell needs nothing of the gateway's environment") {
  const TempFolder folder;
  folder.write("chatgate.json", R"({"db": "books.db", "upstreams":
      [{"name": "a", "base_url": "http://h", "key": "env:ONLY_THE_GATEWAY_HAS_IT"}]})");
  CHECK_THAT(error_of({}, {}),
             ContainsSubstring("upstreams[0].key") && ContainsSubstring("ONLY_THE_GATEWAY_HAS_IT"));
  const auto loaded = load_admin_config("", {}, {{"PORT", "no number"}});
  REQUIRE(loaded);
  CHECK(loaded->config.db == "books.db");
}

TEST_CASE("the table's defaults are those of the code") {
  const TempFolder folder;
  ConfigFlags flags;
  for (const auto& key : config_keys()) {
    if (!key.default_text.empty()) flags[key.name] = key.default_text;
  }
  const Config read = load(flags, {});
  const Config built;
  CHECK(read.listen == built.listen);
  CHECK(read.db == built.db);
  CHECK(read.body_bytes_max == built.body_bytes_max);
  CHECK(read.header_bytes_max == built.header_bytes_max);
  CHECK(read.uri_bytes_max == built.uri_bytes_max);
  CHECK(read.headers_max == built.headers_max);
  CHECK(read.connections_max == built.connections_max);
  CHECK(read.header_timeout_ms == built.header_timeout_ms);
  CHECK(read.body_timeout_ms == built.body_timeout_ms);
  CHECK(read.idle_timeout_ms == built.idle_timeout_ms);
  CHECK(read.write_timeout_ms == built.write_timeout_ms);
  CHECK(read.ping_interval_ms == built.ping_interval_ms);
  CHECK(read.drain_timeout_ms == built.drain_timeout_ms);
  CHECK(read.retries == built.retries);
  CHECK(read.retry_after_ms_max == built.retry_after_ms_max);
  CHECK(read.failures_to_set_aside == built.failures_to_set_aside);
  CHECK(read.set_aside_ms == built.set_aside_ms);
  CHECK(read.default_max_output_tokens == built.default_max_output_tokens);
  CHECK(read.default_max_input_tokens == built.default_max_input_tokens);
  CHECK(read.log_level == built.log_level);
}
