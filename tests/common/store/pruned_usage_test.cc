#include <SQLiteCpp/Database.h>

#include <catch2/catch_all.hpp>

#include "tests/contract/databases.h"

namespace chatgate {
namespace {

constexpr int64_t kDayMs = 86'400'000;

UsageQuery query_of(int64_t from_ms, int64_t until_ms, UsageDimension dimension) {
  UsageQuery query;
  query.from = {from_ms};
  query.until = {until_ms};
  query.group_by = {dimension};
  return query;
}

}  // namespace

TEST_CASE("reports tell sums of pruned days, and refuse what only their rows could tell") {
  TempStore store;
  const User user = add_user(*store, "ann", 1'000'000);
  const ApiToken token = add_token(*store, user);
  const Price price = add_simple_price(*store);
  BookBatch batch;
  for (int64_t day = 0; day < 4; ++day) {
    batch.settled.push_back(settlement(request_id(kNoonMs + day * kDayMs, 0), token, price, 10, 0));
  }
  must(store->commit(batch));
  const int64_t kept_ms = kNoonMs - kDayMs / 2 + 2 * kDayMs;
  {
    const std::string id = std::to_string(kept_ms << kRequestIdTimeShift);
    SQLite::Database database(store.path(), SQLite::OPEN_READWRITE);
    database.exec("UPDATE usage_kept SET first_id = " + id);
    database.exec("DELETE FROM usage WHERE id < " + id);
  }
  const int64_t from_ms = kNoonMs - kDayMs / 2;
  const auto days =
      must(store->summarize_usage(query_of(from_ms, from_ms + 4 * kDayMs, UsageDimension::kDay)));
  CHECK(days.size() == 4);
  CHECK(must(store->summarize_usage(query_of(kept_ms, kept_ms + kDayMs, UsageDimension::kHour)))
            .size() == 1);
  for (const auto& query : {query_of(from_ms, from_ms + kDayMs, UsageDimension::kHour),
                            query_of(from_ms + 1, from_ms + 4 * kDayMs, UsageDimension::kDay)}) {
    const auto refused = store->summarize_usage(query);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kRefused);
    CHECK_THAT(refused.error().message, Catch::Matchers::ContainsSubstring("2026-01-03 00:00Z"));
  }
  // Before the first day there never was anything.
  CHECK(must(store->summarize_usage(
                 query_of(from_ms - 9 * kDayMs, from_ms - kDayMs / 3, UsageDimension::kHour)))
            .empty());
}

}  // namespace chatgate
