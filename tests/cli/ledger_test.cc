#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/book_request.h"
#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

// Three days: a credit, then one with two requests, then one with a request and a correction.
void fill(Shell& shell) {
  REQUIRE(shell.run({"user", "add", "alice", "--balance", "10"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  REQUIRE(shell.run({"price", "set", "gpt-4o", "--input", "1", "--output", "2"}) == 0);
  shell.clock.advance_ms(kMsPerDay);
  book_request(shell.clock.now(), 1);
  book_request(shell.clock.now(), 2);
  shell.clock.advance_ms(kMsPerDay);
  book_request(shell.clock.now(), 3);
  REQUIRE(shell.run({"user", "recharge", "alice", "-1", "--adjust", "--note", "twice"}) == 0);
}

json statement(Shell& shell, std::vector<std::string> more = {}) {
  std::vector<std::string> line{"ledger", "show", "alice", "--format", "json"};
  line.insert(line.end(), more.begin(), more.end());
  REQUIRE(shell.run(line) == 0);
  return json::parse(shell.out);
}

// "DAY KIND AMOUNT BALANCE" of a line.
std::string words_of(const json& line) {
  const auto& amount = line["amount"];
  return line["day"].get<std::string>() + " " + line["kind"].get<std::string>() + " " +
         (amount.is_null() ? "-" : amount.get<std::string>()) + " " +
         line["balance_after"].get<std::string>();
}

}  // namespace

TEST_CASE("a statement leads from the first credit to the balance") {
  Shell shell;
  fill(shell);
  const json lines = statement(shell);
  REQUIRE(lines.size() == 4);
  CHECK(words_of(lines[0]) == "2026-11-20 credit 10.00 10.00");
  CHECK(words_of(lines[1]) == "2026-11-21 charges -0.0004 9.9996");
  CHECK(lines[1]["requests"] == 2);
  CHECK(lines[1]["created_at"].is_null());
  CHECK(words_of(lines[2]) == "2026-11-22 adjustment -1.00 8.9996");
  CHECK(lines[2]["note"] == "twice");
  CHECK(lines[2]["created_at"] == "2026-11-22T10:00:00.000Z");
  CHECK(words_of(lines[3]) == "2026-11-22 charges -0.0002 8.9994");
  REQUIRE(shell.run({"user", "show", "alice", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out)["balance"] == lines[3]["balance_after"]);
}

TEST_CASE("a part of a statement begins with the balance brought forward") {
  Shell shell;
  fill(shell);
  const json late = statement(shell, {"--since", "2026-11-22"});
  REQUIRE(late.size() == 3);
  CHECK(words_of(late[0]) == "2026-11-22 brought forward - 9.9996");
  CHECK(words_of(late[2]) == "2026-11-22 charges -0.0002 8.9994");
  const json middle = statement(shell, {"--since", "2026-11-21", "--until", "2026-11-22"});
  REQUIRE(middle.size() == 2);
  CHECK(words_of(middle[1]) == "2026-11-21 charges -0.0004 9.9996");
  const json early = statement(shell, {"--until", "2026-11-20T01:00:00Z"});
  REQUIRE(early.size() == 1);
  CHECK(words_of(early[0]) == "2026-11-20 credit 10.00 10.00");
  const json none = statement(shell, {"--since", "now", "--until", "tomorrow"});
  CHECK(none.size() == 3);
  shell.clock.advance_ms(kMsPerDay);
  const json rest = statement(shell, {"--since", "today"});
  REQUIRE(rest.size() == 1);
  CHECK(words_of(rest[0]) == "2026-11-23 brought forward - 8.9994");
}

TEST_CASE("statements that cannot be shown") {
  Shell shell;
  fill(shell);
  CHECK(shell.run({"ledger", "show"}) == 2);
  CHECK(shell.run({"ledger", "show", "alice", "--since", "soon"}) == 2);
  CHECK(shell.run({"ledger", "show", "alice", "--until", "never"}) == 2);
  CHECK(shell.run({"ledger", "show", "alice", "--since", "2026-11-22", "--until", "2026-11-21"}) ==
        2);
  CHECK_THAT(shell.err, ContainsSubstring("--since"));
}

TEST_CASE("an account without entries has an empty statement") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice"}) == 0);
  CHECK(statement(shell).empty());
}
