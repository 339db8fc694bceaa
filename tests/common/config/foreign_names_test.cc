// What the names of the programs that chatgate replaces mean, one row for each.
#include "common/config/foreign_names.h"

#include <catch2/catch_all.hpp>
#include <set>

#include "common/config/config.h"
#include "common/config/config_row.h"
#include "tests/common/config/loading.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

struct Meaning {
  std::string name;
  std::string text;
  std::string key;
  std::string value;  // as `config show` prints it
};

const std::vector<Meaning>& meanings() {
  static const std::vector<Meaning> rows{
      // chatgpt-agent
      {"BIND_ADDRESS", "0.0.0.0", "listen", "0.0.0.0:8080"},
      {"PORT", "9000", "listen", "127.0.0.1:9000"},
      {"DATABASE_URL", "sqlite:books.db", "db", "books.db"},
      {"OPENAI_URL", "https://api.openai.com/v1/chat/completions", "upstream_url",
       "https://api.openai.com/v1"},
      {"OPENAI_PROXY", "http://localhost:7890", "upstream_proxy", "http://localhost:7890"},
      // ChatGPT-Web
      {"SERVER_HOST", "::", "listen", "[::]:8080"},
      {"SERVER_HOST", "[::1]", "listen", "[::1]:8080"},
      {"SERVER_PORT", "7080", "listen", "127.0.0.1:7080"},
      {"SOCKS_PROXY", "socks5://user:password@127.0.0.1:1080", "upstream_proxy",
       "socks5://…@127.0.0.1:1080"},
      {"SOCKS_PROXY", "127.0.0.1:1080", "upstream_proxy", "socks5://127.0.0.1:1080"},
      {"OPENAI_API_KEY", "sk-0123456789abcdefghij", "upstream_key", "sk-0…ghij"},
      {"OPENAI_KEY", "sk-0123456789abcdefghij", "upstream_key", "sk-0…ghij"},
      {"OPENAI_BASE_URL", "https://example.org/v1/", "upstream_url", "https://example.org/v1"},
      {"OPENAI_MODEL", "gpt-3.5-turbo", "default_model", "gpt-3.5-turbo"},
      {"OPENAI_MAX_TOKENS", "8192", "context_tokens", "8192"},
      {"OPENAI_TEMPERATURE", "80", "default_temperature", "0.8"},
      {"OPENAI_TEMPERATURE", "0", "default_temperature", "0"},
      {"OPENAI_TEMPERATURE", "200", "default_temperature", "2"},
      {"OPENAI_TEMPERATURE", "7", "default_temperature", "0.07"},
      {"OPENAI_PRESENCE_PENALTY", "-50", "default_presence_penalty", "-0.5"},
      {"OPENAI_FREQUENCY_PENALTY", "-7", "default_frequency_penalty", "-0.07"},
      {"DB", "/data/chatgpt.db", "db", "/data/chatgpt.db"},
      {"OPS_KEY", "0123456789abcdef0123", "ops_key", "0123…0123"},
      {"OPS_LINK", "https://shop.example.org/x", "ops_link", "https://shop.example.org/x"},
      {"CHAT_SESSION_TTL", "30", "web_message_ttl", "30m"},
      {"CHAT_SESSION_TTL", "90", "web_message_ttl", "90m"},
      {"CHAT_SESSION_TTL", "45s", "web_message_ttl", "45s"},
      {"CHAT_MIN_RESPONSE_TOKENS", "500", "min_response_tokens", "500"},
      {"OPENAI_PROXY", "true", "own_keys", "v1"},
      // ChatGPT EasyBackend and ChatGPT API platform
      {"API_KEY", "eyJhbGciOiJSUzI1NiIs.Imtp", "upstream_key", "eyJh…Imtp"},
      {"PROXY", "http://127.0.0.1:7890", "upstream_proxy", "http://127.0.0.1:7890"},
      {"PROXY", "127.0.0.1:7890", "upstream_proxy", "http://127.0.0.1:7890"},
      {"HOUR_LIMIT", "50", "ip_requests_per_hour", "50"},
      {"MINUTE_LIMIT", "3", "ip_requests_per_minute", "3"},
      {"SECOND_LIMIT", "1", "ip_requests_per_second", "1"},
      {"SECOND_LIMIT", "0", "ip_requests_per_second", "0"},
      {"ROUTE", "talk", "platform_route", "talk"},
      {"ROUTE", "/chat/v2/", "platform_route", "chat/v2"},
      {"ROUTE", "", "platform_route", "/"},
      {"LANG", "zh_CN.UTF-8", "language", "zh_CN"},
      {"LANG", "zh_HK", "language", "zh_TW"},
      {"LANG", "ru_RU.UTF-8", "language", "ru_RU"},
      {"LANG", "en_GB.UTF-8", "language", "en"},
      // openai-api
      {"APIKEY", "sk-0123456789abcdefghij", "upstream_key", "sk-0…ghij"},
      {"APIKEY", "sk-0123456789abcdefghij|sk-abcdefghij0123456789", "upstream_key",
       "sk-0…ghij|sk-a…6789"},
      {"ACCESS_TOKEN", "0123456789abcdef0123", "access_token", "0123…0123"},
      {"ALLOW_ORIGIN", "*", "cors_origins", "*"},
      {"ALLOW_ORIGIN", "https://A.example.org/, http://b.example.org:8080", "cors_origins",
       "https://a.example.org,http://b.example.org:8080"},
      {"BOT_DESC", "以下是与AI助手的对话。", "bot_desc", "以下是与AI助手的对话。"},
      {"MODEL", "text-davinci-003", "default_model", "text-davinci-003"},
      {"MAX_TOKENS", "1024", "bot_max_tokens", "1024"},
      {"TEMPREATURE", "0.9", "default_temperature", "0.9"},
      {"TEMPERATURE", "0.90", "default_temperature", "0.9"},
      {"TOP_P", "1", "default_top_p", "1"},
      {"FREQ", "0.0", "default_frequency_penalty", "0"},
      {"PRES", "0.6", "default_presence_penalty", "0.6"},
  };
  return rows;
}

}  // namespace

TEST_CASE("Each foreign name gives its key, and config show says from where", "[config]") {
  const TempFolder folder;
  for (const auto& row : meanings()) {
    INFO(row.name << "=" << row.text);
    const auto loaded = load_config("", {}, {{row.name, row.text}});
    REQUIRE(loaded);
    const auto origin = origin_in(*loaded, row.key);
    CHECK(origin.value == row.value);
    CHECK(origin.origin == "environment " + row.name);
  }
}

TEST_CASE("Each foreign name means the same in .env", "[config]") {
  const TempFolder folder;
  for (const auto& row : meanings()) {
    folder.write(".env", row.name + "='" + row.text + "'\n");
    INFO(row.name << "=" << row.text);
    const auto loaded = load_config("", {}, {});
    REQUIRE(loaded);
    CHECK(origin_in(*loaded, row.key).value == row.value);
    CHECK(origin_in(*loaded, row.key).origin == ".env " + row.name);
  }
}

TEST_CASE("No foreign name is without a test, a key and a place in the table", "[config]") {
  std::set<std::string> tested{"BASIC_AUTH_USER", "BASIC_AUTH_PASSWORD"};  // together, elsewhere
  for (const auto& row : meanings()) tested.insert(row.name);
  for (const auto& foreign : foreign_names()) {
    INFO(foreign.name);
    CHECK(tested.contains(std::string(foreign.name)));
    const ConfigRow* row = find_config_row(foreign.key);
    REQUIRE(row != nullptr);
    CHECK(std::count(row->key.aliases.begin(), row->key.aliases.end(), foreign.name) == 1);
  }
  for (const auto& key : bot_file_keys()) CHECK(find_foreign_name(key.variable) != nullptr);
}

TEST_CASE("A foreign name's value that cannot be read names it", "[config]") {
  const TempFolder folder;
  const auto [name, text, problem] = GENERATE(table<const char*, const char*, const char*>({
      {"PORT", "http", "is not a port"},
      {"SERVER_PORT", "65536", "is not a port"},
      {"PORT", "-1", "is not a port"},
      {"BIND_ADDRESS", "no host", "host"},
      {"OPENAI_URL", "https://api.openai.com/v1", "OPENAI_BASE_URL"},
      {"OPENAI_BASE_URL", "api.openai.com", "not a URL"},
      {"OPENAI_PROXY", "localhost:7890", "upstream_proxy"},
      {"SOCKS_PROXY", "ftp://h:1", "unknown scheme"},
      {"OPENAI_MAX_TOKENS", "many", "not a whole number"},
      {"OPENAI_TEMPERATURE", "0.8", "hundredths; write 80 for 0.8"},
      {"OPENAI_TEMPERATURE", "201", "from 0 to 2"},
      {"OPENAI_TEMPERATURE", "99999999999999999999", "hundredths"},
      {"OPENAI_PRESENCE_PENALTY", "x", "hundredths"},
      {"OPENAI_FREQUENCY_PENALTY", "-201", "from -2 to 2"},
      {"CHAT_SESSION_TTL", "0", "too small"},
      {"CHAT_SESSION_TTL", "soon", "not a duration"},
      {"CHAT_MIN_RESPONSE_TOKENS", "0", "too small"},
      {"OPS_KEY", "admin", "everybody knows"},
      {"OPS_KEY", "Admin", "everybody knows"},
      {"API_KEY", "sk-cg-0123456789", "token of chatgate itself"},
      {"OPENAI_API_KEY", "sk-cg-0123456789", "token of chatgate itself"},
      {"APIKEY", "sk-1|sk-cg-0123456789", "token of chatgate itself"},
      {"APIKEY", "|", "empty"},
      {"HOUR_LIMIT", "x", "not a whole number"},
      {"MINUTE_LIMIT", "-1", "too small"},
      {"SECOND_LIMIT", "1.5", "not a whole number"},
      {"ROUTE", "a b", "not a path"},
      {"ROUTE", "chatgpt", "the path of another door"},
      {"ROUTE", "/v1/chat", "the path of another door"},
      {"ROUTE", "docs", "the path of another door"},
      {"ALLOW_ORIGIN", "example.org", "an origin is written https://example.org"},
      {"ALLOW_ORIGIN", "https://example.org/app", "more than an origin"},
      {"ALLOW_ORIGIN", "https://*.example.org", "several origins"},
      {"MAX_TOKENS", "0", "too small"},
      {"TEMPREATURE", "hot", "not a decimal number"},
      {"TEMPERATURE", "2.1", "from 0 to 2"},
      {"TOP_P", "1.01", "from 0 to 1"},
      {"FREQ", "3", "from -2 to 2"},
      {"PRES", "-2.5", "from -2 to 2"},
      {"CHATGATE_LANGUAGE", "de", "no language"},
      {"CHATGATE_CHAT_PROXY_HOSTS", "http://h", "not a host"},
      {"CHATGATE_GUEST_DOORS", "web", "none of: ask, platform, bot"},
  }));
  INFO(name << "=" << text);
  const std::string message = load_error({}, {{name, text}});
  CHECK_THAT(message, StartsWith(std::string("environment ") + name + ":"));
  CHECK_THAT(message, ContainsSubstring(problem));
}

TEST_CASE("Two names of one key that disagree are an error naming both", "[config]") {
  const TempFolder folder;
  struct Pair {
    const char* a;
    const char* a_text;
    const char* b;
    const char* b_text;
  };
  const auto pair = GENERATE(values<Pair>({
      {"BIND_ADDRESS", "0.0.0.0", "SERVER_HOST", "127.0.0.1"},
      {"PORT", "1", "SERVER_PORT", "2"},
      {"CHATGATE_LISTEN", ":8080", "SERVER_PORT", "7080"},
      {"CHATGATE_LISTEN", "127.0.0.1:8080", "BIND_ADDRESS", "0.0.0.0"},
      {"DB", "a.db", "DATABASE_URL", "sqlite:b.db"},
      {"CHATGATE_DB", "a.db", "DB", "b.db"},
      {"OPENAI_BASE_URL", "http://a/v1", "OPENAI_URL", "http://b/v1/chat/completions"},
      {"OPENAI_API_KEY", "sk-a", "OPENAI_KEY", "sk-b"},
      {"OPENAI_KEY", "sk-a", "API_KEY", "sk-b"},
      {"API_KEY", "sk-a", "APIKEY", "sk-b"},
      {"CHATGATE_UPSTREAM_KEY", "sk-a", "APIKEY", "sk-a|sk-b"},
      {"OPENAI_PROXY", "http://a:1", "SOCKS_PROXY", "socks5://a:1"},
      {"SOCKS_PROXY", "socks5://a:1", "PROXY", "http://a:1"},
      {"OPENAI_MODEL", "gpt-4o", "MODEL", "gpt-4"},
      {"OPENAI_TEMPERATURE", "80", "TEMPREATURE", "0.9"},
      {"TEMPREATURE", "0.8", "TEMPERATURE", "0.9"},
      {"OPENAI_PRESENCE_PENALTY", "80", "PRES", "0.7"},
      {"OPENAI_FREQUENCY_PENALTY", "80", "FREQ", "80"},
      {"CHATGATE_CONTEXT_TOKENS", "4096", "OPENAI_MAX_TOKENS", "2048"},
      {"CHATGATE_WEB_MESSAGE_TTL", "30", "CHAT_SESSION_TTL", "30"},  // seconds and minutes
      {"CHATGATE_OPS_KEY", "one", "OPS_KEY", "two"},
      {"CHATGATE_PLATFORM_ROUTE", "api", "ROUTE", ""},
      {"CHATGATE_CORS_ORIGINS", "*", "ALLOW_ORIGIN", "https://a"},
      {"CHATGATE_IP_REQUESTS_PER_HOUR", "0", "HOUR_LIMIT", "50"},
  }));
  const std::string message = load_error({}, {{pair.a, pair.a_text}, {pair.b, pair.b_text}});
  CHECK_THAT(message, ContainsSubstring(std::string("environment ") + pair.a) &&
                          ContainsSubstring(pair.b) && ContainsSubstring("disagree"));
  // A stronger source does not hide them: either name could be the one that is meant.
  CHECK_THAT(message, !ContainsSubstring("sk-a") && !ContainsSubstring("one)"));
}

TEST_CASE("Two names of one key that say the same in their own ways agree", "[config]") {
  const TempFolder folder;
  const auto [variables, key, value] = GENERATE(table<Environment, const char*, const char*>({
      {{{"OPENAI_TEMPERATURE", "80"}, {"TEMPREATURE", "0.8"}}, "default_temperature", "0.8"},
      {{{"OPENAI_PRESENCE_PENALTY", "-50"}, {"PRES", "-0.50"}}, "default_presence_penalty", "-0.5"},
      {{{"CHATGATE_LISTEN", "[::1]:7080"}, {"SERVER_PORT", "7080"}, {"SERVER_HOST", "::1"}},
       "listen",
       "[::1]:7080"},
      {{{"OPENAI_URL", "http://h/v1/chat/completions/"}, {"OPENAI_BASE_URL", "http://h/"}},
       "upstream_url",
       "http://h/v1"},
      {{{"CHAT_SESSION_TTL", "30"}, {"CHATGATE_WEB_MESSAGE_TTL", "1800"}},
       "web_message_ttl",
       "30m"},
      {{{"DATABASE_URL", "sqlite://x.db"}, {"DB", "x.db"}}, "db", "x.db"},
      {{{"ROUTE", "/api"}, {"CHATGATE_PLATFORM_ROUTE", "api"}}, "platform_route", "api"},
      {{{"ALLOW_ORIGIN", "https://a:443/"}, {"CHATGATE_CORS_ORIGINS", "https://A"}},
       "cors_origins",
       "https://a"},
      {{{"HOUR_LIMIT", "050"}, {"CHATGATE_IP_REQUESTS_PER_HOUR", "50"}},
       "ip_requests_per_hour",
       "50"},
  }));
  const auto loaded = load_config("", {}, variables);
  if (!loaded) FAIL(loaded.error().message);
  CHECK(origin_in(*loaded, key).value == value);
}

TEST_CASE("LANG is the weakest of all and never an error", "[config]") {
  const TempFolder folder;
  for (const char* text : {"C", "C.UTF-8", "POSIX", "de_DE.UTF-8", "nonsense", ""}) {
    const auto loaded = load_config("", {}, {{"LANG", text}});
    REQUIRE(loaded);
    CHECK(loaded->config.language == "en");
    CHECK(origin_in(*loaded, "language").origin == "default");
  }
  CHECK(load_or_fail({}, {{"LANG", "en_US.UTF-8"}, {"CHATGATE_LANGUAGE", "ru"}}).language ==
        "ru_RU");
  folder.write("chatgate.json", R"({"language": "zh_CN"})");
  CHECK(load_or_fail({}, {{"LANG", "en_US.UTF-8"}}).language == "zh_CN");
  CHECK(load_or_fail({{"language", "zh_TW"}}, {}).language == "zh_TW");
}

TEST_CASE("Host and port may come from different sources", "[config]") {
  const TempFolder folder;
  folder.write(".env", "BIND_ADDRESS=0.0.0.0\nPORT=1\n");
  folder.write("chatgate.json", R"({"listen": "10.0.0.1:3"})");
  const auto loaded = load_config("", {}, {{"PORT", "2"}});
  REQUIRE(loaded);
  CHECK(loaded->config.listen == "0.0.0.0:2");
  CHECK(origin_in(*loaded, "listen").origin == "environment PORT, .env BIND_ADDRESS");
  CHECK(load_or_fail({{"listen", "127.0.0.1:4"}}, {{"PORT", "2"}}).listen == "127.0.0.1:4");
  folder.write(".env", "");
  CHECK(load_or_fail({}, {{"PORT", "2"}}).listen == "10.0.0.1:2");
  CHECK(load_or_fail({}, {}).listen == "10.0.0.1:3");
}

TEST_CASE("Several keys stand only in openai-api's names", "[config]") {
  const TempFolder folder;
  using Keys = std::vector<std::string>;
  CHECK(load_or_fail({}, {{"APIKEY", "sk-a| sk-b||sk-a|"}}).upstreams.at(0).keys ==
        Keys{"sk-a", "sk-b"});
  CHECK(load_or_fail({}, {{"OPENAI_KEY", "sk-a|sk-b"}}).upstreams.at(0).keys == Keys{"sk-a|sk-b"});
  CHECK(load_or_fail({}, {{"APIKEY", "env:A|sk-b"}, {"A", "sk-c"}}).upstreams.at(0).keys ==
        Keys{"sk-c", "sk-b"});
}

TEST_CASE("A gateway before another one has a token of that one as its key", "[config]") {
  const TempFolder folder;
  const Environment chained{{"OPENAI_BASE_URL", "http://other/v1"}, {"OPENAI_KEY", "sk-cg-0123"}};
  CHECK(load_or_fail({}, chained).upstreams.at(0).keys.at(0) == "sk-cg-0123");
  // API_KEY may as well be meant for callers without one.
  CHECK_THAT(
      load_error({}, {{"OPENAI_BASE_URL", "http://other/v1"}, {"API_KEY", "sk-cg-0123456789"}}),
      ContainsSubstring("guest_account") && !ContainsSubstring("0123456789"));
}

TEST_CASE("The file's upstreams give way to no name that any program may use", "[config]") {
  const TempFolder folder;
  folder.write("chatgate.json", R"({"upstreams": [{"name": "a", "base_url": "http://a"}]})");
  for (const char* name : {"API_KEY", "APIKEY"}) {
    const auto loaded = load_config("", {}, {{name, "sk-0123456789abcdefghij"}});
    REQUIRE(loaded);
    CHECK(loaded->config.upstreams.at(0).name == "a");
    CHECK(loaded->config.upstreams.at(0).keys.empty());
    CHECK_THAT(origin_in(*loaded, "upstream_key").origin, ContainsSubstring("overruled"));
  }
  CHECK(load_or_fail({}, {{"OPENAI_API_KEY", "sk-0123"}}).upstreams.at(0).name == "default");
}

TEST_CASE("Databases of other kinds are refused with the way out, or give way", "[config]") {
  const TempFolder folder;
  const auto [variables, named] = GENERATE(table<Environment, const char*>({
      {{{"DATABASE_URL", "postgres://u:hunter2@127.0.0.1:5433/x"}}, "environment DATABASE_URL"},
      {{{"DATABASE_URL", "mysql://u:hunter2@h/x"}}, "environment DATABASE_URL"},
      {{{"DB", "u:hunter2@tcp(127.0.0.1:3306)/x?charset=utf8mb4"}}, "environment DB"},
      {{{"DATABASE_USERNAME", "u"}, {"DATABASE_PASSWORD", "hunter2"}},
       "environment DATABASE_USERNAME, DATABASE_PASSWORD"},
      {{{"DATABASE_ADDRESS", "127.0.0.1:5432"}, {"DATABASE_NAME", "x"}},
       "environment DATABASE_ADDRESS, DATABASE_NAME"},
  }));
  const std::string message = load_error({}, variables);
  CHECK_THAT(message, StartsWith(named) && ContainsSubstring("set CHATGATE_DB to a path") &&
                          !ContainsSubstring("hunter2"));
  Environment decided = variables;
  decided["CHATGATE_DB"] = "x.db";
  const auto loaded = load_config("", {}, decided);
  REQUIRE(loaded);
  CHECK(loaded->config.db == "x.db");
  CHECK_THAT(joined(loaded->notes), ContainsSubstring(named) && !ContainsSubstring("hunter2"));
  CHECK(load_or_fail({{"db", "y.db"}}, variables).db == "y.db");
  folder.write("chatgate.json", R"({"db": "z.db"})");
  CHECK(load_or_fail({}, variables).db == "z.db");
}

TEST_CASE("A database address makes its parts count for nothing", "[config]") {
  const TempFolder folder;
  CHECK(load_or_fail({}, {{"DATABASE_URL", "sqlite:a.db"}, {"DATABASE_NAME", "x"}}).db == "a.db");
  CHECK_THAT(load_error({}, {{"CHATGATE_DB", "postgres://u:hunter2@h/x"}}),
             ContainsSubstring("SQLite") && !ContainsSubstring("hunter2"));
  CHECK_THAT(load_error({}, {{"DATABASE_URL", "sqlite::memory:"}}), ContainsSubstring("lost"));
}

TEST_CASE("Variables of other programs never stop the administrator's verbs", "[config]") {
  const TempFolder folder;
  Environment everything;
  for (const auto& foreign : foreign_names()) everything[std::string(foreign.name)] = "?? \x01";
  everything["DB"] = "u:p@tcp(h:3306)/x";
  everything["DATABASE_URL"] = "postgres://h/x";
  everything["DATABASE_NAME"] = "x";
  folder.write("config.json", "{ this is no JSON with \"api_key\"");
  CHECK_FALSE(load_config("", {}, everything));
  const auto loaded = load_admin_config("", {}, everything);
  REQUIRE(loaded);
  CHECK(loaded->config.db == "chatgate.db");
  everything["CHATGATE_DB"] = "books.db";
  CHECK(load_admin_config("", {}, everything)->config.db == "books.db");
}
