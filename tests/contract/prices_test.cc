#include "tests/contract/databases.h"

namespace chatgate {
namespace {

std::vector<Price> prices_of(int count) {
  std::vector<Price> prices(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    prices[static_cast<size_t>(i)].model = "model-" + std::to_string(i);
    prices[static_cast<size_t>(i)].currency = "usd";
    prices[static_cast<size_t>(i)].input = {i};
  }
  return prices;
}

int64_t changed_prices_since(Store& store, Revision since) {
  int64_t count = 0;
  ChangeVisitor visitor;
  visitor.price = [&](const Price&) { ++count; };
  must(store.for_each_change_since(since, visitor));
  return count;
}

TEMPLATE_LIST_TEST_CASE("many prices are added at once and seen by others", "[contract]",
                        Databases) {
  const TestType database;
  const auto store = database.open();
  const auto other = database.open();
  add_simple_price(*store);
  const Revision before = must(other->for_each_change_since(0, {}));
  must(other->changed_elsewhere());
  int64_t reported = 0;
  must(store->add_prices(prices_of(1'200), [&](int64_t done, int64_t total) {
    CHECK(total == 1'200);
    reported = done;
    return true;
  }));
  CHECK(reported == 1'200);
  CHECK(must(other->changed_elsewhere()));
  CHECK(changed_prices_since(*other, before) == 1'200);
  const auto prices = must(other->list_prices());
  REQUIRE(prices.size() == 1'201);
  CHECK(prices.back().currency == "USD");
  CHECK(store->add_prices({}, {}));
}

TEMPLATE_LIST_TEST_CASE("many prices are added all or none", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  auto prices = prices_of(1'000);
  const auto interrupted =
      store->add_prices(prices, [](int64_t done, int64_t total) { return done < total; });
  REQUIRE_FALSE(interrupted);
  CHECK(interrupted.error().code == ErrorCode::kInterrupted);
  CHECK(must(store->list_prices()).empty());

  prices.back().output = {-1};
  CHECK(store->add_prices(prices, {}).error().code == ErrorCode::kInvalidArgument);
  prices.back().output = {0};
  prices.back().model.clear();
  CHECK(store->add_prices(prices, {}).error().code == ErrorCode::kInvalidArgument);
  CHECK(must(store->list_prices()).empty());
  CHECK(faults_of(*store).empty());
}

TEMPLATE_LIST_TEST_CASE("usage is summed for one upstream", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", 1'000'000);
  const ApiToken token = add_token(*store, user);
  const Price price = add_simple_price(*store);
  BookBatch batch;
  for (int64_t i = 0; i < 5; ++i) {
    batch.settled.push_back(settlement(request_id(kNoonMs, i), token, price, 10, 1));
    batch.settled.back().usage->upstream = i < 2 ? "near" : "far";
    batch.opened.push_back(batch.settled.back().hold);
  }
  must(store->commit(batch));
  UsageQuery query;
  query.from = {kNoonMs - 5 * 86'400'000};
  query.until = {kNoonMs + 5 * 86'400'000};
  query.group_by = {UsageDimension::kDay};
  query.upstream = "near";
  const auto rows = must(store->summarize_usage(query));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].requests == 2);
  CHECK(rows[0].usage.prompt == 20);
  query.upstream = "elsewhere";
  CHECK(must(store->summarize_usage(query)).empty());
}

}  // namespace
}  // namespace chatgate
