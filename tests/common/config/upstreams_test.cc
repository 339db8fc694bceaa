#include <catch2/catch_all.hpp>

#include "common/config/config.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;

namespace {

Result<LoadedConfig> load(const std::string& upstreams, const Environment& environment = {}) {
  const TempFolder folder;
  folder.write("key", "sk-of-file\n");
  folder.write("chatgate.json", "{\"upstreams\": " + upstreams + "}");
  return load_config("", {}, environment);
}

std::string error_of(const std::string& upstreams) {
  const auto loaded = load(upstreams);
  return loaded ? "no error" : loaded.error().message;
}

}  // namespace

TEST_CASE("an upstream has everything that its fields say") {
  const auto loaded = load(
      R"([{"name": "a", "base_url": "https://h/v1/", "keys": ["k1", "env:SECOND", "file:key"],
           "weight": 3, "proxy": "socks5h://u:p@proxy:1080", "models": ["gpt-4o", "o3*"],
           "connect_timeout": "2s", "response_timeout": 60, "idle_timeout": "1m"},
          {"name": "b", "base_url": "http://127.0.0.1:9", "key": "k4"}])",
      {{"SECOND", "k2"}, {"CHATGATE_UPSTREAM_PROXY", "http://p:1"}});
  REQUIRE(loaded);
  const auto& upstreams = loaded->config.upstreams;
  REQUIRE(upstreams.size() == 2);
  CHECK(upstreams[0].base_url == "https://h/v1");
  CHECK(upstreams[0].keys == std::vector<std::string>{"k1", "k2", "sk-of-file"});
  CHECK(upstreams[0].weight == 3);
  CHECK(upstreams[0].proxy == "socks5h://u:p@proxy:1080");
  CHECK(upstreams[0].models == std::vector<std::string>{"gpt-4o", "o3*"});
  CHECK(upstreams[0].connect_timeout_ms == 2'000);
  CHECK(upstreams[0].response_timeout_ms == 60'000);
  CHECK(upstreams[0].idle_timeout_ms == 60'000);
  CHECK(upstreams[1].base_url == "http://127.0.0.1:9/v1");
  CHECK(upstreams[1].proxy == "http://p:1");  // the one for all who name none
  CHECK(upstreams[1].connect_timeout_ms == UpstreamConfig().connect_timeout_ms);
}

TEST_CASE("what is wrong with an upstream is named by its path") {
  CHECK(error_of(R"([{"name": "a", "base_url": "http://h"}, {"wieght": 1}])") ==
        "file chatgate.json: upstreams[1].wieght: unknown key; did you mean \"weight\"?");
  CHECK_THAT(error_of("{}"), ContainsSubstring("upstreams: expected a list"));
  CHECK_THAT(error_of("[7]"), ContainsSubstring("upstreams[0]: expected an object"));
  CHECK_THAT(error_of(R"([{"base_url": "http://h"}])"), ContainsSubstring("name is missing"));
  CHECK_THAT(error_of(R"([{"name": "a"}])"), ContainsSubstring("base_url is missing"));
  CHECK_THAT(error_of(R"([{"name": "a b", "base_url": "http://h"}])"),
             ContainsSubstring("upstreams[0].name"));
  CHECK_THAT(error_of(R"([{"name": "a", "base_url": "h"}])"),
             ContainsSubstring("upstreams[0].base_url"));
  CHECK_THAT(error_of(R"([{"name": "a", "base_url": "http://h", "weight": 0}])"),
             ContainsSubstring("upstreams[0].weight"));
  CHECK_THAT(error_of(R"([{"name": "a", "base_url": "http://h", "key": "x", "keys": ["y"]}])"),
             ContainsSubstring("not both"));
  CHECK_THAT(error_of(R"([{"name": "a", "base_url": "http://h", "key": "file:none"}])"),
             ContainsSubstring("upstreams[0].key") && ContainsSubstring("none"));
  CHECK_THAT(error_of(R"([{"name": "a", "base_url": "http://h", "key": "a\nb"}])"),
             ContainsSubstring("line end"));
  CHECK_THAT(error_of(R"([{"name": "a", "base_url": "http://h", "models": ["g*t"]}])"),
             ContainsSubstring("upstreams[0].models"));
  CHECK_THAT(error_of(R"([{"name": "a", "base_url": "http://h", "proxy": "p:1"}])"),
             ContainsSubstring("upstreams[0].proxy"));
  CHECK_THAT(error_of(R"([{"name": "a", "base_url": "http://h", "idle_timeout": "soon"}])"),
             ContainsSubstring("upstreams[0].idle_timeout"));
  CHECK_THAT(
      error_of(R"([{"name": "a", "base_url": "http://h"}, {"name": "a", "base_url": "http://h"}])"),
      ContainsSubstring("upstreams[1].name"));
}

TEST_CASE("the one upstream and the list exclude each other within the file") {
  const TempFolder folder;
  folder.write(
      "chatgate.json",
      R"({"upstream_url": "http://x", "upstreams": [{"name": "a", "base_url": "http://h"}]})");
  const auto loaded = load_config("", {}, {});
  REQUIRE_FALSE(loaded);
  CHECK_THAT(loaded.error().message, ContainsSubstring("exclude each other"));
}

TEST_CASE("a stronger source overrules the list, and config show says so") {
  const std::string list = R"([{"name": "a", "base_url": "http://h", "key": "k"}])";
  const auto loaded = load(list, {{"OPENAI_API_KEY", "sk-other"}});
  REQUIRE(loaded);
  REQUIRE(loaded->config.upstreams.size() == 1);
  CHECK(loaded->config.upstreams[0].name == "default");
  bool is_said = false;
  for (const auto& origin : loaded->origins) {
    is_said = is_said || origin.origin.find("overruled by upstream_key") != std::string::npos;
  }
  CHECK(is_said);
}

TEST_CASE("a variable that an upstream names as its key overrules nothing") {
  const auto loaded =
      load(R"([{"name": "a", "base_url": "http://h", "key": "env:OPENAI_API_KEY"}])",
           {{"OPENAI_API_KEY", "sk-mine"}});
  REQUIRE(loaded);
  REQUIRE(loaded->config.upstreams.size() == 1);
  CHECK(loaded->config.upstreams[0].name == "a");
  CHECK(loaded->config.upstreams[0].keys == std::vector<std::string>{"sk-mine"});
}
