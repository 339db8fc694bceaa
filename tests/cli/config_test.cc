#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

TEST_CASE("config show tells every value and where it came from, secrets masked") {
  Shell shell;
  shell.environment["OPENAI_API_KEY"] = "sk-0123456789abcdefghij";
  REQUIRE(shell.run({"config", "show", "--format", "json"}) == 0);
  CHECK_THAT(shell.out, !ContainsSubstring("0123456789abc"));
  const json rows = json::parse(shell.out);
  CHECK(rows.size() == config_keys().size());
  for (const auto& row : rows) {
    if (row["key"] != "upstream_key") continue;
    CHECK(row["origin"] == "environment OPENAI_API_KEY");
    CHECK(row["value"] == "sk-0…ghij");
  }
}

TEST_CASE("config check says with what serve would start") {
  Shell shell;
  CHECK(shell.run({"config", "check"}) == 0);
  CHECK(shell.out.empty());
  CHECK_THAT(shell.err, ContainsSubstring("demo upstream"));
  shell.environment["PORT"] = "9000";
  CHECK(shell.run({"config", "check"}) == 0);
  CHECK_THAT(shell.out, ContainsSubstring("127.0.0.1:9000"));
  shell.environment["CHATGATE_RETRIES"] = "x";
  CHECK(shell.run({"config", "check"}) == 2);
  CHECK(shell.err == "chatgate: environment CHATGATE_RETRIES: \"x\" is not a whole number\n");
}

TEST_CASE("config check reads the master key") {
  Shell shell;
  std::ofstream("chatgate.json") << R"({"master_key_file": "none"})";
  CHECK(shell.run({"config", "check"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("master key file none"));
}

TEST_CASE("serve refuses secrets on its command line") {
  Shell shell;
  CHECK(shell.run({"serve", "--upstream-key", "sk-secret"}) == 2);
  CHECK_THAT(shell.err,
             ContainsSubstring("CHATGATE_UPSTREAM_KEY") && !ContainsSubstring("sk-secret"));
  CHECK(shell.run({"serve", "--upstreams", "x"}) == 2);
  CHECK(shell.run({"serve", "--retries", "-1"}) == 2);
}

TEST_CASE("serve has a flag for every key that may have one") {
  Shell shell;
  REQUIRE(shell.run({"serve", "--help"}) == 0);
  for (const auto& key : config_keys()) {
    std::string flag = "--" + key.name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    const bool is_listed = shell.out.find("  " + flag + " ") != std::string::npos;
    INFO(flag);
    CHECK(is_listed == (!key.is_secret && !key.file_only && key.name != "db"));
  }
}
