// Old usage rows are given up, day by day, and the books stay provable at every moment.

#include "tests/contract/databases.h"

namespace chatgate {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kMidnightMs = kNoonMs - kDayMs / 2;

// `rows` of each of `days` days that begin with that of kNoonMs, one a second.
void fill(Store& store, int64_t days, int64_t rows) {
  const ApiToken token = add_token(store, add_user(store, "ann", int64_t{1} << 40));
  const Price price = add_simple_price(store);
  const Price other = add_simple_price(store, "other");
  for (int64_t day = 0; day < days; ++day) {
    BookBatch batch;
    for (int64_t row = 0; row < rows; ++row) {
      const RequestId id = request_id(kMidnightMs + day * kDayMs + row * 1000, row);
      batch.settled.push_back(settlement(id, token, row % 3 == 0 ? other : price, row % 7, 1));
    }
    must(store.commit(batch));
  }
}

// The requests that the sums of the days tell of.
int64_t summed_requests(Store& store) {
  UsageQuery query;
  query.until = {kNoonMs * 2};
  query.group_by = {UsageDimension::kDay};
  int64_t requests = 0;
  for (const UsageSummary& line : must(store.summarize_usage(query))) requests += line.requests;
  return requests;
}

// The rows that are there.
int64_t kept_rows(Store& store) {
  UsageFilter filter;
  filter.until = {kNoonMs * 2};
  UsageCursor cursor;
  size_t rows = 0;
  while (!cursor.is_at_end) rows += must(store.next_usage(filter, cursor, 5'000)).size();
  return static_cast<int64_t>(rows);
}

TEMPLATE_LIST_TEST_CASE("pruned days keep their sums", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  fill(*store, 5, 10);
  CHECK(must(store->usage_kept_from()).unix_ms == 0);

  // Noon of the third day: the two days before it are whole.
  const Timestamp before{kNoonMs + 2 * kDayMs};
  const PrunedUsage prunable = must(store->count_prunable_usage(before, {}));
  CHECK(prunable.rows == 20);
  CHECK(prunable.days == 2);
  CHECK(kept_rows(*store) == 50);

  const PrunedUsage pruned = must(store->prune_usage(before, {}));
  CHECK(pruned.rows == 20);
  CHECK(pruned.days == 2);
  CHECK_FALSE(pruned.stopped);
  CHECK(pruned.kept_from.unix_ms == kMidnightMs + 2 * kDayMs);
  CHECK(must(store->usage_kept_from()) == pruned.kept_from);
  CHECK(faults_of(*store).empty());
  CHECK(kept_rows(*store) == 30);
  CHECK(summed_requests(*store) == 50);

  // Again, and for a time that is pruned already: nothing is left to do.
  CHECK(must(store->prune_usage(before, {})).rows == 0);
  CHECK(must(store->prune_usage({kNoonMs}, {})).rows == 0);
  CHECK(must(store->usage_kept_from()) == pruned.kept_from);
  CHECK(must(store->count_prunable_usage({kNoonMs}, {})).rows == 0);
}

TEMPLATE_LIST_TEST_CASE("a prune that stops anywhere leaves exact books and goes on later",
                        "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  fill(*store, 4, 3'500);
  const Timestamp before{kMidnightMs + 3 * kDayMs};
  int64_t rows = 0;
  int64_t stops = 0;
  for (bool stopped = true; stopped && stops < 100; ++stops) {
    int asked = 0;
    const PrunedUsage pruned =
        must(store->prune_usage(before, [&](int64_t, int64_t) { return ++asked <= 1; }));
    rows += pruned.rows;
    stopped = pruned.stopped;
    REQUIRE(faults_of(*store).empty());
    REQUIRE(kept_rows(*store) == 14'000 - rows);
    REQUIRE(summed_requests(*store) == 14'000);
  }
  CHECK(stops > 2);
  CHECK(rows == 10'500);
}

TEMPLATE_LIST_TEST_CASE("rows as old as an open hold stay until it is swept", "[contract]",
                        Databases) {
  const TestType database;
  const auto store = database.open();
  fill(*store, 3, 4);
  const User user = must(store->find_user("ann"));
  must(store->commit({{{request_id(kNoonMs + kDayMs, 99), user.id, {5}}}, {}}));
  const Timestamp before{kMidnightMs + 3 * kDayMs};
  CHECK(must(store->count_prunable_usage(before, {})).rows == 4);
  CHECK(must(store->prune_usage(before, {})).rows == 4);
  CHECK(must(store->sweep_holds({kNoonMs + 9 * kDayMs})) == 1);
  CHECK(faults_of(*store).empty());
  CHECK(must(store->prune_usage(before, {})).rows == 9);
  CHECK(faults_of(*store).empty());
}

TEMPLATE_LIST_TEST_CASE("ids go on after the rows are gone", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  fill(*store, 2, 3);
  const RequestId last = must(store->last_request_id());
  must(store->prune_usage({kMidnightMs + 2 * kDayMs}, {}));
  CHECK(must(store->last_request_id()) >= last);
}

}  // namespace
}  // namespace chatgate
