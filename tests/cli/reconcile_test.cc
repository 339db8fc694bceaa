#include <catch2/catch_all.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/store/open_store.h"
#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

void write(const std::string& name, std::string_view text) {
  std::ofstream(name, std::ios::binary) << text;
}

void book_request(Timestamp time, int64_t serial, const std::string& model,
                  const std::string& upstream, UsageStatus status = UsageStatus::kCompleted) {
  const auto store = open_store("chatgate.db", OpenMode::kExisting);
  REQUIRE(store);
  UsageRecord record;
  record.id = {(time.unix_ms << kRequestIdTimeShift) + serial};
  record.user_id = {1};
  record.token_id = {1};
  record.price_id = {1};
  record.model = model;
  record.endpoint = "/v1/chat/completions";
  record.upstream = upstream;
  record.status = status;
  record.http_status = 200;
  record.usage.prompt = 100;
  record.usage.completion = 50;
  record.cost = {200'000};
  if (status == UsageStatus::kFailed) {
    record.usage = {};
    record.cost = {};
  }
  BookBatch batch;
  batch.opened.push_back({record.id, record.user_id, record.cost});
  batch.settled.push_back({batch.opened.front(), record});
  const auto committed = (*store)->commit(batch);
  if (!committed) FAIL(committed.error().message);
}

// Two requests of 2026-11-20 to upstream "a", one of the day before to "b", and one that failed.
void fill(Shell& shell) {
  REQUIRE(shell.run({"user", "add", "alice", "--balance", "10"}) == 0);
  REQUIRE(shell.run({"user", "add", "bob"}) == 0);
  REQUIRE(shell.run({"token", "add", "alice"}) == 0);
  REQUIRE(shell.run({"price", "set", "gpt-4o", "--input", "1", "--output", "2"}) == 0);
  const Timestamp now = shell.clock.now();
  book_request({now.unix_ms - 86'400'000}, 1, "gpt-4o", "b");
  book_request(now, 2, "gpt-4o", "a");
  book_request(now, 3, "gpt-4o", "a");
  book_request(now, 4, "gpt-4o", "a", UsageStatus::kFailed);
}

constexpr const char* kAgreeing =
    "date,model,requests,input_tokens,output_tokens,cost\n"
    "2026-11-19,gpt-4o,1,100,50,0.0002\n2026-11-20,gpt-4o,2,200,100,0.0004\n";

}  // namespace

TEST_CASE("a bill that agrees with the books") {
  Shell shell;
  fill(shell);
  write("bill.csv", kAgreeing);
  REQUIRE(shell.run({"ledger", "reconcile", "bill.csv"}) == 0);
  CHECK(shell.out.empty());
  CHECK_THAT(shell.err, ContainsSubstring("all 8 sums agree from 2026-11-19 to 2026-11-20"));
  REQUIRE(shell.run({"ledger", "reconcile", "-", "--all", "--format", "json"}, kAgreeing) == 0);
  CHECK(json::parse(shell.out).size() == 8);

  REQUIRE(shell.run({"usage", "report", "--by", "day,model", "--format", "csv"}) == 0);
  write("own.csv", shell.out);
  shell.run({"ledger", "reconcile", "own.csv"});
  CHECK_THAT(shell.out, ContainsSubstring("requests"));  // the report counts what failed as well
  CHECK(shell.out.find("cost") == std::string::npos);
}

TEST_CASE("differences are told by day, model and measure") {
  Shell shell;
  fill(shell);
  write("bill.csv",
        "date,model,requests,input_tokens,cost\n"
        "2026-11-19,gpt-4o,1,100,0.0002\n2026-11-20,gpt-4o,3,200,0.0005\n");
  REQUIRE(shell.run({"ledger", "reconcile", "bill.csv", "--format", "json"}) == 1);
  const json rows = json::parse(shell.out);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["day"] == "2026-11-20");
  CHECK(rows[0]["measure"] == "requests");
  CHECK(rows[0]["difference"] == -1);
  CHECK(rows[1]["ours"] == "0.0004");
  CHECK(rows[1]["difference"] == "-0.0001");
  CHECK_THAT(shell.err, ContainsSubstring("2 of 6 sums differ"));
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--until", "2026-11-20"}) == 0);
  REQUIRE(shell.run({"ledger", "reconcile", "bill.csv", "--tolerance", "0.001", "--format",
                     "json"}) == 1);
  CHECK(json::parse(shell.out).size() == 1);
}

TEST_CASE("one user's and one upstream's requests are compared alone") {
  Shell shell;
  fill(shell);
  write("bill.csv", "date,model,requests\n2026-11-20,gpt-4o,2\n");
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--since", "2026-11-19"}) == 1);
  CHECK(shell.run(
            {"ledger", "reconcile", "bill.csv", "--since", "2026-11-19", "--upstream", "a"}) == 0);
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--upstream", "none"}) == 3);
  CHECK_THAT(shell.err, ContainsSubstring("no request went to an upstream \"none\""));
  std::ofstream("chatgate.json")
      << R"({"upstreams": [{"name": "spare", "base_url": "https://spare.example/v1"}]})";
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--upstream", "spare"}) == 1);
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--upstream", "spaer"}) == 3);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"spare\"?"));
  CHECK(shell.run(
            {"ledger", "reconcile", "bill.csv", "--since", "2026-11-20", "--upstream", "b"}) == 1);
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--user", "alice"}) == 0);
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--user", "bob"}) == 1);
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--user", "alcie"}) == 3);
}

TEST_CASE("totals without models and dated snapshots are compared as well") {
  Shell shell;
  fill(shell);
  write("costs.json", R"({"data": [{"start_time": 1795132800, "end_time": 1795219200, "results":
    [{"amount": {"value": 0.0004, "currency": "usd"}, "line_item": null}]}], "has_more": true})");
  CHECK(shell.run({"ledger", "reconcile", "costs.json"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("has_more"));
  write("dated.csv", "date,model,requests\n2026-11-20,gpt-4o-2024-08-06,2\n");
  CHECK(shell.run({"ledger", "reconcile", "dated.csv"}) == 1);
  CHECK_THAT(shell.err, ContainsSubstring("--join-snapshots"));
  CHECK(shell.run({"ledger", "reconcile", "dated.csv", "--join-snapshots"}) == 0);
}

TEST_CASE("what cannot be reconciled") {
  Shell shell;
  fill(shell);
  write("bill.csv", kAgreeing);
  CHECK(shell.run({"ledger", "reconcile", "nowhere.csv"}) == 3);
  CHECK(shell.run({"ledger", "reconcile"}) == 2);
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--since", "soon"}) == 2);
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--until", "2026-11-01"}) == 2);
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--tolerance", "-1"}) == 2);
  CHECK(shell.run({"ledger", "reconcile", "bill.csv", "--currency", "dollars"}) == 2);
  write("bad", "{\"data\": [");
  CHECK(shell.run({"ledger", "reconcile", "bad"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("line 1, column"));
}
