#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

// requests per minute, tokens per minute, parallel requests, as `verb` tells them.
std::vector<int64_t> limits_of(Shell& shell, const std::string& verb) {
  REQUIRE(shell.run({"user", verb, "alice", "--format", "json"}) == 0);
  const json shown = json::parse(shell.out);
  return {shown["requests_per_minute"], shown["tokens_per_minute"], shown["parallel_requests"]};
}

}  // namespace

TEST_CASE("an account's limits are set one by one and ended together") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  CHECK(limits_of(shell, "limit") == std::vector<int64_t>{0, 0, 0});
  REQUIRE(shell.run({"user", "limit", "alice", "--rpm", "60", "--tpm", "90k"}) == 0);
  CHECK(limits_of(shell, "limit") == std::vector<int64_t>{60, 90'000, 0});
  REQUIRE(shell.run({"user", "limit", "alice", "--parallel", "4", "--rpm", "0"}) == 0);
  CHECK_THAT(shell.out, ContainsSubstring("-") && ContainsSubstring("4"));
  CHECK(limits_of(shell, "limit") == std::vector<int64_t>{0, 90'000, 4});
  CHECK(limits_of(shell, "show") == std::vector<int64_t>{0, 90'000, 4});
  REQUIRE(shell.run({"user", "list", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out)[0]["tokens_per_minute"] == 90'000);
  REQUIRE(shell.run({"user", "limit", "alice", "--none"}) == 0);
  CHECK(limits_of(shell, "show") == std::vector<int64_t>{0, 0, 0});
}

TEST_CASE("limits that an account cannot have") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  for (const std::vector<std::string>& options : {std::vector<std::string>{"--rpm", "-1"},
                                                  {"--tpm", "many"},
                                                  {"--parallel", "1.5"},
                                                  {"--rpm", "5", "--none"}}) {
    std::vector<std::string> line{"user", "limit", "alice"};
    line.insert(line.end(), options.begin(), options.end());
    CHECK(shell.run(line) == 2);
    CHECK_THAT(shell.err, ContainsSubstring(options.front()));
  }
  CHECK(shell.run({"user", "limit", "alic"}) == 3);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"alice\"?"));
  CHECK(limits_of(shell, "show") == std::vector<int64_t>{0, 0, 0});
  REQUIRE(shell.run({"user", "remove", "alice", "--archive", "--yes"}) == 0);
  CHECK(shell.run({"user", "limit", "alice", "--rpm", "5"}) == 4);
  CHECK(shell.run({"user", "limit", "alice"}) == 0);
}
