#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;
using nlohmann::json;

namespace {

json list_of(Shell& shell) {
  REQUIRE(shell.run({"token", "list", "--format", "json"}) == 0);
  return json::parse(shell.out);
}

}  // namespace

TEST_CASE("a token is printed alone, once, and never listed whole") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice", "--name", "laptop", "--expires", "30d", "--models",
                     "gpt-4o,o3*", "--rpm", "60", "--tpm", "9000", "--parallel", "2"}) == 0);
  const std::string token = shell.out.substr(0, shell.out.size() - 1);
  CHECK_THAT(shell.out, Matches("sk-cg-[A-Za-z0-9_-]{43}\n"));
  CHECK_THAT(shell.err, !ContainsSubstring(token));

  const json list = list_of(shell);
  REQUIRE(list.size() == 1);
  CHECK_THAT(shell.out, !ContainsSubstring(token));
  CHECK(list[0]["prefix"] == token.substr(0, 12));
  CHECK(list[0]["user"] == "alice");
  CHECK(list[0]["name"] == "laptop");
  CHECK(list[0]["state"] == "valid");
  CHECK(list[0]["expires_at"] == "2026-12-20T10:00:00.000Z");
  CHECK(list[0]["revoked_at"].is_null());
  CHECK(list[0]["models"] == "gpt-4o,o3*");
  CHECK(list[0]["requests_per_minute"] == 60);
  CHECK(list[0]["tokens_per_minute"] == 9000);
  CHECK(list[0]["parallel_requests"] == 2);
  CHECK(list[0]["own_upstream_key"] == false);
}

TEST_CASE("a word after --models is not one of them") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "--models", "a,b", "alice"}) == 0);
  CHECK(list_of(shell)[0]["models"] == "a,b");
}

TEST_CASE("tokens that cannot be made") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  CHECK(shell.run({"token", "add", "alice", "--expires", "yesterday"}) == 2);
  CHECK(shell.run({"token", "add", "alice", "--expires", "30"}) == 2);
  CHECK(shell.run({"token", "add", "alice", "--models", "g*t"}) == 2);
  CHECK(shell.run({"token", "add", "alice", "--models", "gpt 4"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("holds a space"));
  CHECK(shell.run({"token", "add", "alice", "--rpm", "-1"}) == 2);
  CHECK(shell.run({"token", "add", "alice", "--rpm", "many"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--rpm: 'many'"));
  CHECK(shell.run({"token", "add", "alice", "--tpm", "-2k"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--tpm: '-2k' is negative"));
  CHECK(shell.run({"token", "add", "alice", "--parallel", "1.5"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("is not a whole number\n"));
  CHECK(shell.run({"token", "add", "alice", "--tpm", "99999999999999999999"}) == 2);
  CHECK(shell.run({"token", "add", "alice", "--rpm", ""}) == 2);
  CHECK(shell.run({"token", "add", "alice", "bob"}) == 2);
  CHECK(list_of(shell).empty());
}

TEST_CASE("a user's own upstream key comes from standard input and needs a master key") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  CHECK(shell.run({"token", "add", "alice", "--upstream-key-stdin"}, "sk-own\n") == 2);
  CHECK_THAT(shell.err, ContainsSubstring("CHATGATE_MASTER_KEY"));
  std::ofstream("key") << std::string(64, '7');
  std::filesystem::permissions("key", std::filesystem::perms::owner_read);
  std::ofstream("chatgate.json") << R"({"master_key_file": "key"})";
  CHECK(shell.run({"token", "add", "alice", "--upstream-key-stdin"}, "\n") == 2);
  for (const char* unfit :
       {"sk own\n", "sk\town\n", "sk\x01own\n", "sk\x7fown\n", "sk-\xC3\xB6\n"}) {
    CHECK(shell.run({"token", "add", "alice", "--upstream-key-stdin"}, unfit) == 2);
    CHECK_THAT(shell.err, ContainsSubstring("control character") && !ContainsSubstring("own"));
  }
  CHECK(list_of(shell).empty());
  REQUIRE(shell.run({"token", "add", "alice", "--upstream-key-stdin"}, "sk-own\n") == 0);
  CHECK_THAT(shell.out + shell.err, !ContainsSubstring("sk-own"));
  CHECK(list_of(shell)[0]["own_upstream_key"] == true);
}

TEST_CASE("a token is revoked by id, by prefix or whole, and stays revoked") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  std::vector<std::string> tokens;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(shell.run({"token", "add", "alice"}) == 0);
    tokens.push_back(shell.out.substr(0, shell.out.size() - 1));
  }
  CHECK(shell.run({"token", "revoke", "1", "--yes"}) == 0);
  CHECK(shell.run({"token", "revoke", tokens[1].substr(0, 12), "--yes"}) == 0);
  CHECK(shell.run({"token", "revoke", tokens[2], "--yes"}) == 0);
  for (const auto& token : list_of(shell)) CHECK(token["state"] == "revoked");

  shell.clock.advance_ms(60'000);
  CHECK(shell.run({"token", "revoke", "1", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out)["revoked_at"] == "2026-11-20T10:00:00.000Z");
  CHECK_THAT(shell.err, ContainsSubstring("before"));
  CHECK(shell.run({"token", "revoke", "99"}) == 3);
}

TEST_CASE("a mistyped prefix suggests the near miss, a whole token is not repeated") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  const std::string prefix = shell.out.substr(0, 12);
  std::string wrong = prefix;
  wrong[11] = wrong[11] == 'x' ? 'y' : 'x';
  CHECK(shell.run({"token", "revoke", wrong}) == 3);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"" + prefix + "\"?"));
  const std::string whole = "sk-cg-" + std::string(43, 'z');
  CHECK(shell.run({"token", "revoke", whole}) == 3);
  CHECK_THAT(shell.err, !ContainsSubstring(whole));
}

TEST_CASE("limits are counts in every form") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice", "--rpm", "1_000", "--tpm", "1.5M", "--parallel",
                     "2k"}) == 0);
  const json token = list_of(shell)[0];
  CHECK(token["requests_per_minute"] == 1'000);
  CHECK(token["tokens_per_minute"] == 1'500'000);
  CHECK(token["parallel_requests"] == 2'000);
}

TEST_CASE("revoking asks first") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  CHECK(shell.run({"token", "revoke", "1"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--yes"));
  shell.terminal.has_input = shell.terminal.has_errors = true;
  CHECK(shell.run({"token", "revoke", "1"}, "no\n") == 4);
  CHECK(list_of(shell)[0]["state"] == "valid");
  CHECK(shell.run({"token", "revoke", "1"}, "yes\n") == 0);
  CHECK(list_of(shell)[0]["state"] == "revoked");
}

TEST_CASE("a token is shown by id, by prefix or whole, never as itself") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice", "--name", "laptop"}) == 0);
  const std::string token = shell.out.substr(0, shell.out.size() - 1);
  for (const std::string& name : {std::string("1"), token.substr(0, 12), token}) {
    REQUIRE(shell.run({"token", "show", name, "--format", "json"}) == 0);
    CHECK(json::parse(shell.out)["name"] == "laptop");
    CHECK_THAT(shell.out + shell.err, !ContainsSubstring(token));
  }
  CHECK(shell.run({"token", "show", "2"}) == 3);
}

TEST_CASE("a rotated token goes on for its grace") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice", "--name", "laptop", "--models", "gpt*", "--rpm", "7",
                     "--expires", "30d"}) == 0);
  REQUIRE(shell.run({"token", "rotate", "1", "--grace", "24h"}) == 0);
  const std::string token = shell.out.substr(0, shell.out.size() - 1);
  CHECK_THAT(shell.out, Matches("sk-cg-[A-Za-z0-9_-]{43}\n"));
  CHECK_THAT(shell.err, ContainsSubstring("goes on until 2026-11-21 10:00Z"));
  CHECK_THAT(shell.err, ContainsSubstring("until 2026-12-20 10:00Z"));
  CHECK_THAT(shell.err, !ContainsSubstring(token));
  const json list = list_of(shell);
  REQUIRE(list.size() == 2);
  CHECK(list[0]["revoked_at"] == "2026-11-21T10:00:00.000Z");
  CHECK(list[0]["expires_at"] == "2026-12-20T10:00:00.000Z");
  CHECK(list[1]["expires_at"] == "2026-12-20T10:00:00.000Z");
  CHECK(list[1]["prefix"] == token.substr(0, 12));
  for (const char* field : {"name", "models", "requests_per_minute", "user", "state"}) {
    CHECK(list[1][field] == list[0][field]);
  }
}

TEST_CASE("a grace is neither inherited nor prolonged, and can be cut short") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "rotate", "1", "--grace", "24h"}) == 0);
  REQUIRE(shell.run({"token", "rotate", "1", "--grace", "48h"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("goes on until 2026-11-21 10:00Z"));
  json list = list_of(shell);
  REQUIRE(list.size() == 3);
  CHECK(list[0]["state"] == "valid");
  CHECK(list[0]["revoked_at"] == "2026-11-21T10:00:00.000Z");
  CHECK(list[2]["revoked_at"].is_null());
  CHECK(list[2]["expires_at"].is_null());
  REQUIRE(shell.run({"token", "show", "1"}) == 0);
  CHECK_THAT(shell.out, ContainsSubstring("valid until 2026-11-21 10:00Z"));
  REQUIRE(shell.run({"token", "revoke", "1", "--yes"}) == 0);
  list = list_of(shell);
  CHECK(list[0]["state"] == "revoked");
  CHECK(list[0]["revoked_at"] == "2026-11-20T10:00:00.000Z");

  REQUIRE(shell.run({"token", "rotate", "2", "--grace", "1h"}) == 0);
  shell.clock.advance_ms(3'600'000);
  CHECK(list_of(shell)[1]["state"] == "revoked");
  CHECK(shell.run({"token", "rotate", "2", "--grace", "1h"}) == 4);
}

TEST_CASE("a new token that cannot be printed is taken back") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  shell.is_output_full = true;
  CHECK(shell.run({"token", "add", "alice"}) == 1);
  CHECK_THAT(shell.err, ContainsSubstring("nothing else was changed"));
  CHECK(shell.run({"token", "rotate", "1", "--yes"}) == 1);
  CHECK_THAT(shell.err, ContainsSubstring("nothing else was changed"));
  shell.is_output_full = false;
  const json list = list_of(shell);
  REQUIRE(list.size() == 3);
  CHECK(list[0]["state"] == "valid");
  CHECK(list[1]["state"] == "revoked");
  CHECK(list[2]["state"] == "revoked");
}

TEST_CASE("a beginning beyond the prefix is told to be one") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  const std::string token = shell.out.substr(0, shell.out.size() - 1);
  CHECK(shell.run({"token", "show", token.substr(0, 20)}) == 3);
  CHECK_THAT(shell.err, ContainsSubstring("no more than 12 characters") &&
                            !ContainsSubstring(token.substr(0, 20)));
}

TEST_CASE("a token that is rotated without grace ends at once, on purpose") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  CHECK(shell.run({"token", "rotate", "1"}) == 2);
  CHECK(shell.run({"token", "rotate", "1", "--grace", "soon"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--grace"));
  CHECK(shell.run({"token", "rotate", "1", "--grace", "400d"}) == 2);
  CHECK(shell.run({"token", "rotate", "9", "--yes"}) == 3);
  CHECK(list_of(shell).size() == 1);
  REQUIRE(shell.run({"token", "rotate", "1", "--yes", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out)["token"].get<std::string>().size() == 49);
  CHECK(list_of(shell)[0]["state"] == "revoked");
  CHECK(shell.run({"token", "rotate", "1", "--yes"}) == 4);
  shell.terminal.has_input = shell.terminal.has_errors = true;
  CHECK(shell.run({"token", "rotate", "2"}, "\n") == 4);
  CHECK(shell.run({"token", "rotate", "2"}, "y\n") == 0);
}

TEST_CASE("a long list of tokens names every account") {
  Shell shell;
  for (const char* name : {"alice", "bob"}) {
    REQUIRE(shell.run({"user", "add", name}) == 0);
    REQUIRE(shell.run({"token", "add", name}) == 0);
  }
  const json list = list_of(shell);
  CHECK(list[0]["user"] == "alice");
  CHECK(list[1]["user"] == "bob");
  REQUIRE(shell.run({"token", "list", "bob", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out).size() == 1);
}
