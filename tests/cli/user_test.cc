#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "common/secrets/secrets.h"
#include "tests/cli/book_request.h"
#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

json shown(Shell& shell, const std::string& name) {
  REQUIRE(shell.run({"user", "show", name, "--format", "json"}) == 0);
  return json::parse(shell.out);
}

// What only the database knows.
std::string hash_of(const std::string& name) {
  auto store = open_store("chatgate.db", OpenMode::kExisting);
  REQUIRE(store);
  return (*store)->find_user(name).value().password_hash;
}

}  // namespace

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
                                               {"user", "block", "alic"},
                                               {"user", "unblock", "alic"},
                                               {"user", "passwd", "alic"},
                                               {"user", "rename", "alic", "bob"},
                                               {"user", "remove", "alic", "--yes"},
                                               {"user", "unarchive", "alic"},
                                               {"user", "budget", "alic"},
                                               {"ledger", "show", "alic"},
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

TEST_CASE("a repeated idempotency key says so, and fits no other entry") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"user", "add", "bob"}) == 0);
  const auto recharge = [&](const std::vector<std::string>& words) {
    std::vector<std::string> line{"user", "recharge", "--idempotency-key", "k"};
    line.insert(line.end(), words.begin(), words.end());
    return shell.run(line);
  };
  REQUIRE(recharge({"alice", "5"}) == 0);
  CHECK(shell.err.empty());
  shell.clock.advance_ms(60'000);
  REQUIRE(recharge({"alice", "5"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("before, at 2026-11-20 10:00Z as entry 1; nothing"));
  CHECK(recharge({"alice", "6"}) == 4);
  CHECK(recharge({"bob", "5"}) == 4);
  CHECK(recharge({"alice", "5", "--adjust"}) == 4);
  CHECK_THAT(shell.err, ContainsSubstring("kind of entry (entry 1)"));
}

TEST_CASE("a recharge whose entry cannot be printed says that it is booked") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  shell.is_output_full = true;
  CHECK(shell.run({"user", "recharge", "alice", "5"}) == 1);
  CHECK_THAT(shell.err, ContainsSubstring("booked as entry 1"));
}

TEST_CASE("a blocked account stays blocked through the archive") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  REQUIRE(shell.run({"user", "block", "alice"}) == 0);
  REQUIRE(shell.run({"user", "remove", "alice", "--archive", "--yes"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("user \"alice\" is archived"));
  REQUIRE(shell.run({"user", "unarchive", "alice"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("user unblock alice"));
  CHECK(shown(shell, "alice")["blocked"] == true);
}

TEST_CASE("an account is blocked and let in again") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(shell.run({"user", "block", "alice", "--format", "json"}) == 0);
    CHECK(json::parse(shell.out)["blocked"] == true);
  }
  REQUIRE(shell.run({"user", "unblock", "alice"}) == 0);
  CHECK(shown(shell, "alice")["blocked"] == false);
}

TEST_CASE("a renamed account keeps its history") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice", "--balance", "5"}) == 0);
  REQUIRE(shell.run({"user", "add", "bob"}) == 0);
  CHECK(shell.run({"user", "rename", "alice", "bob"}) == 4);
  CHECK(shell.run({"user", "rename", "alice", "a b"}) == 2);
  CHECK(shell.run({"user", "rename", "alice"}) == 2);
  REQUIRE(shell.run({"user", "rename", "alice", "anna"}) == 0);
  CHECK(shown(shell, "anna")["balance"] == "5.00");
  CHECK(shell.run({"user", "show", "alice"}) == 3);
}

TEST_CASE("only an account without a history is removed, and only on purpose") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice", "--balance", "5"}) == 0);
  REQUIRE(shell.run({"user", "add", "bob"}) == 0);
  REQUIRE(shell.run({"token", "add", "bob"}) == 0);
  CHECK(shell.run({"user", "remove", "bob"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--yes"));
  CHECK(shell.run({"user", "remove", "alice", "--yes"}) == 4);
  CHECK_THAT(shell.err, ContainsSubstring("--archive"));

  shell.terminal.has_input = shell.terminal.has_errors = true;
  CHECK(shell.run({"user", "remove", "alice"}, "y\n") == 4);
  CHECK_THAT(shell.err, !ContainsSubstring("[y/N]"));  // what is refused is not asked
  CHECK(shell.run({"user", "remove", "bob"}, "") == 4);
  CHECK_THAT(shell.err, ContainsSubstring("[y/N] \nchatgate: nothing was done"));
  CHECK(shell.run({"user", "remove", "bob"}, "n\n") == 4);
  CHECK_THAT(shell.err, ContainsSubstring("remove user \"bob\"?"));
  CHECK(shell.run({"user", "remove", "bob"}, "y\n") == 0);
  CHECK_THAT(shell.err, ContainsSubstring("user \"bob\" is removed"));
  CHECK(shell.run({"user", "show", "bob"}) == 3);
  REQUIRE(shell.run({"token", "list", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out).empty());
  CHECK(shell.run({"user", "add", "bob"}) == 0);
}

TEST_CASE("an archived account is out of the list until it is brought back") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice", "--balance", "5"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  CHECK(shell.run({"user", "remove", "alice", "--archive"}) == 2);
  REQUIRE(shell.run({"user", "remove", "alice", "--archive", "--yes"}) == 0);
  shell.clock.advance_ms(60'000);
  REQUIRE(shell.run({"user", "remove", "alice", "--archive"}) == 0);  // there is nothing to ask
  CHECK_THAT(shell.err, ContainsSubstring("before"));
  const json archived = shown(shell, "alice");
  CHECK(archived["archived_at"] == "2026-11-20T10:00:00.000Z");
  CHECK(archived["blocked"] == false);
  REQUIRE(shell.run({"user", "list", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out).empty());
  REQUIRE(shell.run({"user", "list", "--archived", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out).size() == 1);
  CHECK(shell.run({"user", "add", "alice"}) == 4);
  CHECK(shell.run({"user", "unblock", "alice"}) == 4);
  CHECK_THAT(shell.err, ContainsSubstring("user unarchive alice"));
  CHECK(shell.run({"token", "add", "alice"}) == 4);
  CHECK(shell.run({"user", "recharge", "alice", "5"}) == 4);
  CHECK(shell.run({"user", "budget", "alice", "--limit", "5", "--every", "day"}) == 4);

  REQUIRE(shell.run({"user", "unarchive", "alice"}) == 0);
  CHECK(shown(shell, "alice")["blocked"] == false);
  REQUIRE(shell.run({"token", "show", "1", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out)["state"] == "revoked");
  CHECK(shell.run({"token", "add", "alice"}) == 0);
}

TEST_CASE("a password comes from standard input and is kept as a hash alone") {
  Shell shell;
  const std::string password = "correct horse";
  REQUIRE(shell.run({"user", "add", "alice", "--password-stdin", "--format", "json"},
                    password + "\n") == 0);
  CHECK(json::parse(shell.out)["has_password"] == true);
  CHECK_THAT(shell.out + shell.err, !ContainsSubstring(password) && !ContainsSubstring("argon2"));
  CHECK(matches_password(hash_of("alice"), password));

  REQUIRE(shell.run({"user", "passwd", "alice"}, "another one\n") == 0);
  CHECK(matches_password(hash_of("alice"), "another one"));
  CHECK(shell.run({"user", "passwd", "alice"}, "seven77\n") == 2);
  CHECK_THAT(shell.err, ContainsSubstring("8 to 1024"));
  CHECK(shell.run({"user", "passwd", "alice"}, "") == 2);
  CHECK(shell.run({"user", "passwd", "alice"}, std::string(1025, 'x') + "\n") == 2);
  CHECK(shell.run({"user", "passwd", "alice", "on-the-line"}, "") == 2);
  CHECK(shell.run({"user", "add", "bob", "--password-stdin"}, "short\n") == 2);
  CHECK(shell.run({"user", "show", "bob"}) == 3);
  CHECK(matches_password(hash_of("alice"), "another one"));
}

TEST_CASE("a password is typed twice at a terminal") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  shell.terminal.has_input = shell.terminal.has_errors = true;
  CHECK(shell.run({"user", "passwd", "alice"}, "correct horse\ncorrect hors\n") == 2);
  CHECK_THAT(shell.err, ContainsSubstring("differ"));
  CHECK(hash_of("alice").empty());
  CHECK(shell.run({"user", "passwd", "alice"}, "correct horse\ncorrect horse\n") == 0);
  CHECK(matches_password(hash_of("alice"), "correct horse"));
}

TEST_CASE("a budget shows what is spent of it and when it renews") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice", "--balance", "5"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  REQUIRE(shell.run({"price", "set", "gpt-4o", "--input", "1", "--output", "2"}) == 0);
  book_request(shell.clock.now(), 1);
  book_request({shell.clock.now().unix_ms - kMsPerDay}, 2);

  REQUIRE(shell.run({"user", "budget", "alice", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out)["limit"].is_null());
  REQUIRE(shell.run({"user", "budget", "alice", "--limit", "3", "--every", "day"}) == 0);
  REQUIRE(shell.run({"user", "budget", "alice", "--format", "json"}) == 0);
  json budget = json::parse(shell.out);
  CHECK(budget["limit"] == "3.00");
  CHECK(budget["every"] == "day");
  CHECK(budget["spent"] == "0.0002");
  CHECK(budget["left"] == "2.9998");
  CHECK(budget["since"] == "2026-11-20T00:00:00.000Z");
  CHECK(budget["renews_at"] == "2026-11-21T00:00:00.000Z");
  REQUIRE(shell.run({"user", "budget", "alice", "--limit", "1", "--every", "week", "--format",
                     "json"}) == 0);
  budget = json::parse(shell.out);
  CHECK(budget["spent"] == "0.0004");
  CHECK(budget["renews_at"] == "2026-11-23T00:00:00.000Z");
  CHECK(shown(shell, "alice")["budget"] == "1.00");
  REQUIRE(shell.run({"user", "budget", "alice", "--none"}) == 0);
  CHECK(shown(shell, "alice")["budget"].is_null());
}

TEST_CASE("budgets that cannot be set") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  for (const std::vector<std::string>& options : {std::vector<std::string>{"--limit", "5"},
                                                  {"--every", "day"},
                                                  {"--limit", "-5", "--every", "day"},
                                                  {"--limit", "five", "--every", "day"},
                                                  {"--limit", "", "--every", "day"},
                                                  {"--limit", "5", "--every", "moth"},
                                                  {"--limit", "5", "--every", "day", "--none"}}) {
    std::vector<std::string> line{"user", "budget", "alice"};
    line.insert(line.end(), options.begin(), options.end());
    CHECK(shell.run(line) == 2);
  }
  CHECK(shell.run({"user", "budget", "alice", "--limit", "5", "--every", "moth"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"month\"?"));
  CHECK(shown(shell, "alice")["budget"].is_null());
}
