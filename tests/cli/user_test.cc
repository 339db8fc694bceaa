#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

TEST_CASE("an account is added, listed and shown") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice", "--balance", "12.5", "--note", "x", "--format",
                     "json"}) == 0);
  const json alice = json::parse(shell.out);
  CHECK(alice["name"] == "alice");
  CHECK(alice["unit"] == "USD");
  CHECK(alice["balance"] == "12.50");
  CHECK(alice["unmetered"] == false);
  CHECK(alice["created_at"] == "2026-11-20T10:00:00.000Z");
  REQUIRE(shell.run({"user", "add", "bob", "--unit", "Tokens", "--balance", "1.5M"}) == 0);
  REQUIRE(shell.run({"user", "add", "eve", "--unmetered"}) == 0);

  REQUIRE(shell.run({"user", "list", "--format", "json"}) == 0);
  const json list = json::parse(shell.out);
  REQUIRE(list.size() == 3);
  CHECK(list[1]["balance"] == "1500000");
  CHECK(list[2]["unmetered"] == true);
  REQUIRE(shell.run({"user", "show", "alice", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out) == alice);
}

TEST_CASE("accounts that cannot be added") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  CHECK(shell.run({"user", "add", "alice"}) == 4);
  CHECK(shell.run({"user", "add", "a b"}) == 2);
  CHECK(shell.run({"user", "add", ""}) == 2);
  CHECK(shell.run({"user", "add", std::string(65, 'a')}) == 2);
  CHECK(shell.run({"user", "add", "bob", "--unit", "dollars"}) == 2);
  CHECK(shell.run({"user", "add", "bob", "--balance", "-1"}) == 2);
  CHECK(shell.run({"user", "add", "bob", "--balance", "1.0000000001"}) == 2);
  CHECK(shell.run({"user", "add", "bob", "--unit", "tokens", "--balance", "1.5"}) == 2);
  REQUIRE(shell.run({"user", "list", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out).size() == 1);
}

TEST_CASE("an unknown account suggests the near miss and exits with 3") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  for (const std::vector<std::string>& line : {std::vector<std::string>{"user", "show", "alic"},
                                               {"user", "recharge", "alic", "5"},
                                               {"token", "add", "alic"},
                                               {"token", "list", "alic"},
                                               {"usage", "report", "--user", "alic"}}) {
    CHECK(shell.run(line) == 3);
    CHECK(shell.err == "chatgate: no user \"alic\"; did you mean \"alice\"?\n");
  }
}

TEST_CASE("credit is added, and taken away only on purpose") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice", "--balance", "10"}) == 0);
  REQUIRE(shell.run({"user", "recharge", "alice", "2.25", "--note", "May", "--format", "json"}) ==
          0);
  const json entry = json::parse(shell.out);
  CHECK(entry["amount"] == "2.25");
  CHECK(entry["balance_after"] == "12.25");
  CHECK(entry["kind"] == "credit");
  CHECK(entry["note"] == "May");

  CHECK(shell.run({"user", "recharge", "alice", "-5"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--adjust"));
  REQUIRE(shell.run({"user", "recharge", "alice", "-5", "--adjust"}) == 0);
  REQUIRE(shell.run({"user", "recharge", "--adjust", "alice", "-0.25"}) == 0);
  CHECK(shell.run({"user", "recharge", "alice", "-100", "--adjust"}) == 4);
  CHECK(shell.run({"user", "recharge", "alice", "0"}) == 2);
  CHECK(shell.run({"user", "recharge", "alice", "ten"}) == 2);
  REQUIRE(shell.run({"user", "show", "alice", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out)["balance"] == "7.00");
}

TEST_CASE("a repeated idempotency key books once and answers the same") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  const std::vector<std::string> line{"user",       "recharge", "alice", "5", "--idempotency-key",
                                      "invoice-17", "--format", "json"};
  REQUIRE(shell.run(line) == 0);
  const std::string first = shell.out;
  REQUIRE(shell.run(line) == 0);
  CHECK(shell.out == first);
  REQUIRE(shell.run({"user", "show", "alice", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out)["balance"] == "5.00");
}
