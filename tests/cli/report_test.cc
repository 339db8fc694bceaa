#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/book_request.h"
#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

void fill(Shell& shell) {
  REQUIRE(shell.run({"user", "add", "alice", "--balance", "10"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  REQUIRE(shell.run({"price", "set", "gpt-4o", "--input", "1", "--output", "2"}) == 0);
  book_request(shell.clock.now(), 1);
  book_request(shell.clock.now(), 2);
}

json report(Shell& shell, std::vector<std::string> more) {
  std::vector<std::string> line{"usage", "report", "--format", "json"};
  line.insert(line.end(), more.begin(), more.end());
  REQUIRE(shell.run(line) == 0);
  return json::parse(shell.out);
}

}  // namespace

TEST_CASE("usage is summed by what is asked for") {
  Shell shell;
  fill(shell);
  const json by_model = report(shell, {"--by", "user,model"});
  REQUIRE(by_model.size() == 1);
  CHECK(by_model[0]["user"] == "alice");
  CHECK(by_model[0]["model"] == "gpt-4o");
  CHECK(by_model[0]["requests"] == 2);
  CHECK(by_model[0]["prompt_tokens"] == 200);
  CHECK(by_model[0]["total_tokens"] == 300);
  CHECK(by_model[0]["cost"] == "0.0004");
  CHECK(by_model[0]["unit"] == "USD");
  CHECK(report(shell, {"--by", "day"})[0]["day"] == "2026-11-20");
  CHECK_THAT(report(shell, {"--by", "hour"})[0]["hour"].get<std::string>(),
             Catch::Matchers::StartsWith("2026-11-20T10"));
  CHECK(report(shell, {"--by", "status"})[0]["status"] == "completed");
  CHECK(report(shell, {"--by", "endpoint"})[0]["endpoint"] == "/v1/chat/completions");
  CHECK_THAT(report(shell, {"--by", "token"})[0]["token"].get<std::string>(),
             Catch::Matchers::StartsWith("sk-cg-"));
  CHECK(report(shell, {"--user", "alice", "--model", "gpt-4o"}).size() == 1);
}

TEST_CASE("a period ends before its end") {
  Shell shell;
  fill(shell);
  CHECK(report(shell, {"--since", "2026-11-20", "--until", "2026-11-21"}).size() == 1);
  CHECK(report(shell, {"--since", "2026-11-19", "--until", "2026-11-20"}).empty());
  CHECK(report(shell, {"--since", "1d"}).size() == 1);
  shell.clock.advance_ms(3 * 86'400'000LL);
  CHECK(report(shell, {"--since", "yesterday"}).empty());
}

TEST_CASE("reports that cannot be asked for") {
  Shell shell;
  fill(shell);
  CHECK(shell.run({"usage", "report", "--by", "modle"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"model\"?"));
  CHECK(shell.run({"usage", "report", "--by", "day,hour"}) == 2);
  CHECK(shell.run({"usage", "report", "--since", "lately"}) == 2);
  CHECK(shell.run({"usage", "report", "--since", "2026-11-20", "--until", "2026-11-01"}) == 2);
  CHECK(shell.run({"usage", "report", "--model", "gpt-4p"}) == 3);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"gpt-4o\"?"));
}

TEST_CASE("sound books are ok") {
  Shell shell;
  fill(shell);
  CHECK(shell.run({"ledger", "verify"}) == 0);
  CHECK(shell.out == "ok\n");
  CHECK(shell.run({"ledger", "verify", "--format", "json"}) == 0);
  CHECK(shell.out == "[]\n");
}
