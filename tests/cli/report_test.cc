#include <algorithm>
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

constexpr int64_t kDayMs = 86'400'000;

// Three users, on the last three days.
void fill_days(Shell& shell) {
  fill(shell);
  for (const char* name : {"bob", "carol"}) {
    REQUIRE(shell.run({"user", "add", name, "--balance", "10"}) == 0);
    REQUIRE(shell.run({"token", "add", name}) == 0);
  }
  const int64_t now_ms = shell.clock.now().unix_ms;
  book_request({now_ms - kDayMs}, 3, 2, 7);
  book_request({now_ms - 2 * kDayMs}, 4, 1, 3, "o3");
  book_request({now_ms - 2 * kDayMs}, 5, 3, 1);
}

std::string printed(Shell& shell, std::vector<std::string> more) {
  std::vector<std::string> line{"usage", "report"};
  line.insert(line.end(), more.begin(), more.end());
  REQUIRE(shell.run(line) == 0);
  return shell.out;
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

TEST_CASE("a table ends with a total, data does not") {
  Shell shell;
  fill_days(shell);
  CHECK(printed(shell, {"--by", "user"}) ==
        "USER   REQUESTS  PROMPT  COMPLETION    COST  UNIT\n"
        "alice         3     500         250   0.001  USD\n"
        "bob           1     700         350  0.0014  USD\n"
        "carol         1     100          50  0.0002  USD\n"
        "total         5    1300         650  0.0026  USD\n");
  CHECK(shell.err == "from 2026-10-21 10:00Z until 2026-11-20 10:00Z, time zone UTC\n");
  CHECK(report(shell, {"--by", "user"}).size() == 3);
  CHECK_THAT(printed(shell, {"--by", "user", "--user", "bob"}), !ContainsSubstring("total"));
}

TEST_CASE("lines are sorted, and the rest of a top is summed") {
  Shell shell;
  fill_days(shell);
  CHECK(printed(shell, {"--by", "user", "--top", "1"}) ==
        "USER      REQUESTS  PROMPT  COMPLETION    COST  UNIT\n"
        "bob              1     700         350  0.0014  USD\n"
        "(2 more)         4     600         300  0.0012  USD\n"
        "total            5    1300         650  0.0026  USD\n");
  const auto users = [&](const std::string& sort) {
    std::string names;
    for (const auto& line : report(shell, {"--by", "user", "--sort", sort})) {
      names += line["user"].get<std::string>() + " ";
    }
    return names;
  };
  CHECK(users("cost") == "bob alice carol ");
  CHECK(users("requests") == "alice bob carol ");
  CHECK(users("tokens") == "bob alice carol ");
  CHECK(users("user") == "alice bob carol ");
  CHECK(report(shell, {"--by", "user", "--top", "2"}).size() == 2);
  CHECK(report(shell, {"--by", "day", "--sort", "day"})[0]["day"] == "2026-11-18");
  CHECK(shell.run({"usage", "report", "--sort", "csot"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"cost\"?"));
  CHECK(shell.run({"usage", "report", "--top", "0"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--top: is at least 1, not 0"));
}

TEST_CASE("money of different units has totals of its own") {
  Shell shell;
  fill(shell);
  REQUIRE(shell.run({"user", "add", "dora", "--unit", "tokens", "--balance", "1M"}) == 0);
  REQUIRE(shell.run({"token", "add", "dora"}) == 0);
  book_request(shell.clock.now(), 3, 2);
  book_request({shell.clock.now().unix_ms - kDayMs}, 4, 1);
  CHECK(printed(shell, {"--by", "day", "--sort", "cost"}) ==
        "DAY         REQUESTS  PROMPT  COMPLETION    COST  UNIT\n"
        "2026-11-20         2     200         100  0.0004  USD\n"
        "2026-11-19         1     100          50  0.0002  USD\n"
        "2026-11-20         1     100          50  200000  tokens\n"
        "total              3     300         150  0.0006  USD\n"
        "total              1     100          50  200000  tokens\n");
}

TEST_CASE("days begin where the time zone says") {
  Shell shell;
  fill(shell);
  book_request({1'795'129'200'000}, 3);  // 2026-11-19T23:00:00Z, midnight in Berlin
  book_request({1'795'129'199'999}, 4);
  const json days = report(shell, {"--by", "day", "--timezone", "Europe/Berlin"});
  REQUIRE(days.size() == 2);
  CHECK(days[0]["day"] == "2026-11-19");
  CHECK(days[0]["start"] == "2026-11-19T00:00:00.000+01:00");
  CHECK(days[0]["requests"] == 1);
  CHECK(days[1]["requests"] == 3);
  CHECK(report(shell, {"--by", "day"})[0]["start"] == "2026-11-19T00:00:00.000Z");
  CHECK(report(shell, {"--by", "hour", "--timezone", "Asia/Kolkata"})[0]["hour"] ==
        "2026-11-20T04:00:00+05:30");
  CHECK(report(shell, {"--since", "today", "--timezone", "Europe/Berlin"})[0]["requests"] == 3);
  CHECK(report(shell, {"--last", "day", "--timezone", "Europe/Berlin"})[0]["requests"] == 1);
  CHECK(report(shell, {"--last", "day"})[0]["requests"] == 2);
  CHECK(report(shell, {"--last", "week"}).empty());
  CHECK(report(shell, {"--by", "week"})[0]["week"] == "2026-W47");
  CHECK(report(shell, {"--by", "month"})[0]["month"] == "2026-11");
  printed(shell, {"--timezone", "Europe/Berlin"});
  CHECK_THAT(shell.err, ContainsSubstring("until 2026-11-20 11:00+01:00, time zone Europe/Berlin"));
  CHECK(shell.run({"usage", "report", "--timezone", "Europe/Berlim"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"Europe/Berlin\"?"));
  CHECK(shell.run({"usage", "report", "--last", "month", "--since", "1d"}) == 2);
}

TEST_CASE("a chart has bars, scaled to the terminal") {
  Shell shell;
  fill_days(shell);
  shell.terminal.columns = 40;
  shell.environment["LC_ALL"] = "C.UTF-8";
  CHECK(printed(shell, {"--by", "user", "--chart"}) ==
        "USER     COST  UNIT  CHART\n"
        "alice   0.001  USD   █████████████▋\n"
        "bob    0.0014  USD   ███████████████████\n"
        "carol  0.0002  USD   ██▊\n"
        "total  0.0026  USD\n");
  shell.environment["LC_ALL"] = "C";
  CHECK(printed(shell, {"--by", "user", "--chart", "--sort", "requests"}) ==
        "USER   REQUESTS  CHART\n"
        "alice         3  #######################\n"
        "bob           1  ########\n"
        "carol         1  ########\n"
        "total         5\n");
  CHECK(printed(shell, {"--by", "user", "--chart", "--format", "csv"}) ==
        printed(shell, {"--by", "user", "--format", "csv"}));
}

TEST_CASE("a chart of days shows those without requests") {
  Shell shell;
  fill(shell);
  book_request({shell.clock.now().unix_ms - 3 * kDayMs}, 3);
  shell.terminal.columns = 40;
  CHECK_THAT(printed(shell, {"--by", "day", "--chart"}),
             ContainsSubstring("\n2026-11-18    0.00  USD\n2026-11-19    0.00  USD\n2026-11-20"));
  CHECK_THAT(printed(shell, {"--by", "day"}), !ContainsSubstring("2026-11-18"));
}

TEST_CASE("a chart over time has a line for each series") {
  Shell shell;
  fill_days(shell);
  shell.environment["LANG"] = "de_DE.UTF-8";
  CHECK(printed(shell, {"--by", "day,user", "--chart"}) ==
        "USER     COST  UNIT  OVER TIME\n"
        "alice   0.001  USD   █ ▅\n"
        "carol  0.0002  USD   █\n"
        "bob    0.0014  USD    █\n"
        "total  0.0026  USD   ▅█▂\n");
  CHECK_THAT(printed(shell, {"--by", "day", "--chart"}),
             ContainsSubstring("\ntotal       0.0026  USD   ▅█▂\n"));
  shell.environment["LANG"] = "C";
  CHECK_THAT(printed(shell, {"--by", "user,day", "--chart", "--top", "1"}),
             ContainsSubstring("bob       0.0014  USD    @\n(2 more)  0.0012  USD\ntotal"));
}

TEST_CASE("an export has a row for each request") {
  Shell shell;
  fill_days(shell);
  REQUIRE(shell.run({"usage", "export", "--user", "bob"}) == 0);
  const std::string header =
      "id,started_at,user,token,model,endpoint,upstream,remote_id,status,http_status,estimated,"
      "prompt_tokens,cached_tokens,audio_prompt_tokens,completion_tokens,reasoning_tokens,"
      "audio_completion_tokens,total_tokens,cost,unit,written_off,price_id,rate,duration_ms\r\n";
  CHECK_THAT(shell.out, Catch::Matchers::StartsWith(header + "req_"));
  CHECK_THAT(shell.out, ContainsSubstring(",2026-11-19T10:00:00.000Z,bob,sk-cg-"));
  CHECK_THAT(shell.out,
             ContainsSubstring(",gpt-4o,/v1/chat/completions,,,completed,200,false,700,0,0,350,0,0,"
                               "1050,0.0014,USD,0.00,1,1.00,0\r\n"));
  REQUIRE(shell.run({"usage", "export", "--format", "json"}) == 0);
  const json all = json::parse(shell.out);
  REQUIRE(all.size() == 5);
  CHECK(all[0]["started_at"] == "2026-11-18T10:00:00.000Z");
  CHECK(all[4]["total_tokens"] == 150);
  REQUIRE(shell.run({"usage", "export", "--since", "yesterday", "--format", "jsonl"}) == 0);
  CHECK(std::ranges::count(shell.out, '\n') == 3);
  REQUIRE(shell.run({"usage", "export", "--model", "o3", "--format", "csv"}) == 3);
  REQUIRE(shell.run({"usage", "export", "--token", "1", "--format", "jsonl"}) == 0);
  CHECK(std::ranges::count(shell.out, '\n') == 3);
  CHECK(shell.run({"usage", "export", "--user", "bobb"}) == 3);
}

TEST_CASE("the tail is the last requests, oldest first") {
  Shell shell;
  fill_days(shell);
  REQUIRE(shell.run({"usage", "tail", "-n", "2", "--user", "alice"}) == 0);
  CHECK_THAT(shell.out, Catch::Matchers::StartsWith("TIME"));
  CHECK(std::ranges::count(shell.out, '\n') == 3);
  CHECK_THAT(shell.out, ContainsSubstring("2026-11-20 10:00:00Z  alice  sk-cg-"));
  REQUIRE(shell.run({"usage", "tail", "--format", "json"}) == 0);
  CHECK(json::parse(shell.out).size() == 5);
  REQUIRE(shell.run({"usage", "tail", "--lines", "1", "--format", "jsonl"}) == 0);
  CHECK(json::parse(shell.out)["user"] == "alice");
  CHECK(shell.run({"usage", "tail", "-n", "-1"}) == 2);
}

TEST_CASE("reports that cannot be asked for") {
  Shell shell;
  fill(shell);
  CHECK(shell.run({"usage", "report", "--by", "modle"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"model\"?"));
  CHECK(shell.run({"usage", "report", "--by", "day,hour"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("by day or by hour, not by both"));
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
