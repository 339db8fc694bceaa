// config.json of openai-api, and files of that name that are not.
#include <catch2/catch_all.hpp>

#include "common/config/config.h"
#include "tests/common/config/loading.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

using Words = std::vector<std::string>;

// As that program's manual shows it.
constexpr const char* kSample = R"({
  "api_key": "sk-one|sk-two",
  "access_token": "0123456789abcdef0123",
  "allow_origin": "https://a.example.org,https://b.example.org/",
  "port": 8081,
  "bot_desc": "以下是与AI助手的对话。",
  "max_tokens": 1024,
  "model": "text-davinci-003",
  "temperature": 0.9,
  "top_p": 1,
  "frequency_penalty": 0.0,
  "presence_penalty": 0.6,
  "proxy": "http://127.0.0.1:7890"
})";

LoadedConfig loaded_with(const Environment& environment) {
  auto loaded = load_config("", {}, environment);
  if (!loaded) FAIL(loaded.error().message);
  return std::move(*loaded);
}

}  // namespace

TEST_CASE("Every key of config.json counts", "[config]") {
  const TempFolder folder;
  folder.write("config.json", kSample);
  const auto loaded = loaded_with({});
  const Config& config = loaded.config;
  REQUIRE(config.upstreams.size() == 1);
  CHECK(config.upstreams[0].keys == Words{"sk-one", "sk-two"});
  CHECK(config.upstreams[0].proxy == "http://127.0.0.1:7890");
  CHECK(config.access_token == "0123456789abcdef0123");
  CHECK(config.cors_origins == Words{"https://a.example.org", "https://b.example.org"});
  CHECK(config.listen == "127.0.0.1:8081");
  CHECK(config.bot_desc == "以下是与AI助手的对话。");
  CHECK(config.bot_max_tokens == 1024);
  CHECK(config.default_model == "text-davinci-003");
  CHECK(config.default_temperature == "0.9");
  CHECK(config.default_top_p == "1");
  CHECK(config.default_frequency_penalty == "0");
  CHECK(config.default_presence_penalty == "0.6");
  CHECK(config.guest_doors.empty());
  CHECK(origin_in(loaded, "default_model").origin == "file config.json model");
  CHECK(loaded.notes.empty());
}

TEST_CASE("Everything else beats config.json", "[config]") {
  const TempFolder folder;
  folder.write("config.json", kSample);
  CHECK(load_or_fail({}, {{"MODEL", "gpt-4o"}}).default_model == "gpt-4o");
  CHECK(load_or_fail({}, {{"PORT", "9000"}}).listen == "127.0.0.1:9000");
  CHECK(load_or_fail({}, {{"APIKEY", "sk-three"}}).upstreams.at(0).keys == Words{"sk-three"});
  folder.write(".env", "MAX_TOKENS=7\n");
  CHECK(load_or_fail({}, {}).bot_max_tokens == 7);
  folder.write("chatgate.json", R"({"bot_max_tokens": 8, "default_top_p": 0.5, "listen": ":1"})");
  CHECK(load_or_fail({}, {}).bot_max_tokens == 7);
  CHECK(load_or_fail({}, {}).default_top_p == "0.5");
  CHECK(load_or_fail({}, {}).listen == ":1");
  CHECK(load_or_fail({}, {}).default_model == "text-davinci-003");
}

TEST_CASE("config.json without an access token leaves the bot open, with a warning", "[config]") {
  const TempFolder folder;
  for (const char* text :
       {R"({"api_key": "sk-one"})", R"({"api_key": "sk-one", "access_token": ""})",
        R"({"api_key": "sk-one", "access_token": null})"}) {
    folder.write("config.json", text);
    const auto loaded = loaded_with({});
    CHECK(loaded.config.guest_doors == Words{"bot"});
    CHECK(origin_in(loaded, "guest_doors").origin ==
          "file config.json api_key without an access token");
    CHECK_THAT(joined(loaded.warnings), ContainsSubstring("file config.json"));
    CHECK(loaded_with({{"ACCESS_TOKEN", "t"}}).config.guest_doors.empty());
  }
  folder.write("config.json", R"({"api_key": "", "model": "gpt-4o"})");
  CHECK(loaded_with({}).config.guest_doors.empty());
}

TEST_CASE("A config.json of another program is passed over", "[config]") {
  const TempFolder folder;
  const auto [text, why] = GENERATE(table<const char*, const char*>({
      {R"({"name": "x", "port": 3000})", "it has no api_key, as openai-api's would, but \"name\""},
      {R"({"compilerOptions": {}})", "none of openai-api's keys"},
      {"{}", "none of openai-api's keys"},
      {"[1]", "no JSON object"},
      {"port: 3000", "no JSON object"},
      {"", "no JSON object"},
  }));
  folder.write("config.json", text);
  const auto loaded = loaded_with({});
  CHECK(loaded.config.listen == "127.0.0.1:8080");
  CHECK_THAT(joined(loaded.notes),
             StartsWith("file config.json is passed over: ") && ContainsSubstring(why));
}

TEST_CASE("A file of that program's keys alone is its file, as is one beside APIKEY", "[config]") {
  const TempFolder folder;
  folder.write("config.json", R"({"port": 3000, "model": "gpt-4o"})");
  CHECK(loaded_with({}).config.listen == "127.0.0.1:3000");
  folder.write("config.json", R"({"port": 3000, "comment": "x"})");
  CHECK(loaded_with({}).config.listen == "127.0.0.1:8080");
  const auto loaded = loaded_with({{"APIKEY", "sk-one"}});
  CHECK(loaded.config.listen == "127.0.0.1:3000");
  // What that program did not know it ignored.
  CHECK_THAT(joined(loaded.notes), ContainsSubstring("comment is not a key of openai-api"));
}

TEST_CASE("A fault in config.json names the file and the key, not the secret", "[config]") {
  const TempFolder folder;
  const auto [text, problem] = GENERATE(table<const char*, const char*>({
      {R"({"api_key": "sk-one", "port": "http"})", "file config.json port: listen: \"http\""},
      {R"({"api_key": "sk-one", "port": 70000})", "file config.json port: listen: \"70000\""},
      {R"({"api_key": "sk-one", "temperature": 3})",
       "file config.json temperature: default_temperature: \"3\" is not a decimal number"},
      {R"({"api_key": "sk-one", "max_tokens": "many"})", "file config.json max_tokens"},
      {R"({"api_key": ["sk-secret"]})", "file config.json api_key: expected a text or a number"},
      {R"({"api_key": "sk-secret" "port": 1})", "file config.json, line 1, column"},
      {R"({"api_key": "sk-secret", "api_key": "sk-secret"})", "given twice"},
      {R"({"api_key": "sk-cg-secret"})", "file config.json api_key: upstream_key: this is a token"},
      {R"({"api_key": "sk-secret", "proxy": "http://u:sk-secret@h:1/x"})",
       "file config.json proxy: upstream_proxy: "},
  }));
  folder.write("config.json", text);
  CHECK_THAT(load_error({}, {}), ContainsSubstring(problem) && !ContainsSubstring("secret"));
}

TEST_CASE("A stronger source does not hide a fault in config.json", "[config]") {
  const TempFolder folder;
  folder.write("config.json", R"({"api_key": "sk-one", "temperature": "hot"})");
  CHECK_THAT(load_error({}, {{"TEMPERATURE", "1"}}), StartsWith("file config.json temperature"));
}

TEST_CASE("The file's upstreams are stronger than config.json's key", "[config]") {
  const TempFolder folder;
  folder.write("config.json", R"({"api_key": "sk-one", "access_token": "t"})");
  folder.write("chatgate.json", R"({"upstreams": [{"name": "a", "base_url": "http://a"}]})");
  const auto loaded = loaded_with({});
  CHECK(loaded.config.upstreams.at(0).name == "a");
  CHECK_THAT(joined(loaded.notes),
             ContainsSubstring("file config.json api_key is passed over: file chatgate.json"));
}

TEST_CASE("config.json that is named as the configuration is chatgate's own", "[config]") {
  const TempFolder folder;
  folder.write("config.json", R"({"retries": 7})");
  CHECK(load_config("config.json", {}, {})->config.retries == 7);
}
