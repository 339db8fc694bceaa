#include <limits>
#include <map>
#include <random>

#include "tests/contract/databases.h"

namespace chatgate {
namespace {

Money balance_of(Store& store, const std::string& name) {
  return must(store.find_user(name)).balance;
}

// One account with one token and one price, which most tests need.
template <class Database>
struct Shop {
  explicit Shop(int64_t opening_nanos = 1'000'000) {
    store = database.open();
    user = add_user(*store, "ann", opening_nanos);
    token = add_token(*store, user);
    price = add_simple_price(*store);
  }
  Settlement sale(int64_t serial, int64_t prompt, int64_t completion = 0) const {
    return settlement(request_id(kNoonMs, serial), token, price, prompt, completion);
  }
  std::vector<UsageRecord> rows() { return usage_of_token(*store, token.id, {0}, {kNoonMs * 2}); }

  Database database;
  std::unique_ptr<Store> store;
  User user;
  ApiToken token;
  Price price;
};

TEMPLATE_LIST_TEST_CASE("a settlement is charged and kept as it was", "[contract]", Databases) {
  Shop<TestType> shop;
  Settlement sale = shop.sale(7, 100, 50);
  UsageRecord& wanted = *sale.usage;
  wanted.usage = {100, 30, 5, 50, 20, 4};
  wanted.status = UsageStatus::kAborted;
  wanted.estimated = true;
  wanted.rate = {7'250'000'000};
  wanted.written_off = {9};
  wanted.remote_id = "chatcmpl-\"½";
  const auto balances = must(shop.store->commit({{sale.hold}, {sale}}));
  REQUIRE(balances.size() == 1);
  CHECK(balances[0].user_id == shop.user.id);
  CHECK(balances[0].balance == Money{1'000'000 - 200});
  CHECK(balance_of(*shop.store, "ann") == balances[0].balance);

  const auto rows = shop.rows();
  REQUIRE(rows.size() == 1);
  const UsageRecord& row = rows[0];
  CHECK(row.id == wanted.id);
  CHECK(row.user_id == wanted.user_id);
  CHECK(row.token_id == wanted.token_id);
  CHECK(row.price_id == wanted.price_id);
  CHECK(row.model == "gpt");
  CHECK(row.endpoint == "/v1/chat/completions");
  CHECK(row.upstream == "main");
  CHECK(row.remote_id == wanted.remote_id);
  CHECK(row.status == UsageStatus::kAborted);
  CHECK(row.estimated);
  CHECK(row.http_status == 200);
  CHECK(row.usage == wanted.usage);
  CHECK(row.rate == wanted.rate);
  CHECK(row.cost == wanted.cost);
  CHECK(row.written_off == wanted.written_off);
  CHECK(row.duration_ms == 321);
  CHECK(faults_of(*shop.store).empty());
}

TEMPLATE_LIST_TEST_CASE("holds open, and end with their settlement or release", "[contract]",
                        Databases) {
  Shop<TestType> shop;
  const Settlement first = shop.sale(1, 10);
  const Settlement second = shop.sale(2, 10);
  must(shop.store->commit({{first.hold, second.hold}, {}}));
  CHECK(must(shop.store->count_open_holds()) == 2);
  must(shop.store->commit({{}, {first}}));
  CHECK(must(shop.store->count_open_holds()) == 1);
  CHECK(must(shop.store->commit({{}, {{second.hold, std::nullopt}}})).empty());
  CHECK(must(shop.store->count_open_holds()) == 0);
  CHECK(balance_of(*shop.store, "ann") == Money{1'000'000 - 10});

  // Opened and ended at once: nothing remains.
  const Settlement third = shop.sale(3, 10);
  must(shop.store->commit({{third.hold, shop.sale(4, 1).hold}, {third}}));
  CHECK(must(shop.store->count_open_holds()) == 1);
  CHECK(must(shop.store->commit({})).empty());
}

TEMPLATE_LIST_TEST_CASE("a batch that is tried again charges once", "[contract]", Databases) {
  Shop<TestType> shop;
  const Settlement kept = shop.sale(1, 10);
  const Settlement left = shop.sale(2, 20);
  const BookBatch batch{{kept.hold, left.hold}, {kept}};
  must(shop.store->commit(batch));
  const auto again = must(shop.store->commit(batch));
  REQUIRE(again.size() == 1);
  CHECK(again[0].balance == Money{1'000'000 - 10});
  CHECK(shop.rows().size() == 1);
  CHECK(must(shop.store->count_open_holds()) == 1);

  // Half of it known, half new, and a hold whose request is in the books already.
  must(shop.store->commit({{kept.hold}, {kept, left}}));
  must(shop.store->commit({{kept.hold, left.hold}, {}}));
  CHECK(must(shop.store->count_open_holds()) == 0);
  CHECK(shop.rows().size() == 2);
  CHECK(balance_of(*shop.store, "ann") == Money{1'000'000 - 30});
  CHECK(faults_of(*shop.store).empty());
}

TEMPLATE_LIST_TEST_CASE("a row that no book can hold refuses its whole batch", "[contract]",
                        Databases) {
  Shop<TestType> shop;
  const Settlement good = shop.sale(1, 10);
  Settlement bad = shop.sale(2, 10);
  SECTION("too many tokens") { bad.usage->usage.prompt = kTokenCountMax + 1; }
  SECTION("a negative count") { bad.usage->usage.cached_prompt = -1; }
  SECTION("a negative cost") { bad.usage->cost = {-1}; }
  SECTION("an unknown token") { bad.usage->token_id = {99}; }
  SECTION("an unknown price") { bad.usage->price_id = {99}; }
  SECTION("an unknown user") { bad.usage->user_id = bad.hold.user_id = {99}; }
  const auto refused = shop.store->commit({{}, {good, bad}});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kRefused);
  CHECK(shop.rows().empty());
  CHECK(balance_of(*shop.store, "ann") == Money{1'000'000});

  must(shop.store->commit({{}, {good}}));
  CHECK(shop.rows().size() == 1);
  CHECK(faults_of(*shop.store).empty());
}

TEMPLATE_LIST_TEST_CASE("a failed first batch leaves no trace of its names", "[contract]",
                        Databases) {
  Shop<TestType> shop;
  Settlement sale = shop.sale(1, 10);
  sale.usage->endpoint = "/v1/new";
  Settlement bad = shop.sale(2, 10);
  bad.usage->token_id = {99};
  CHECK_FALSE(shop.store->commit({{}, {sale, bad}}).has_value());
  must(shop.store->commit({{}, {sale}}));
  CHECK(shop.rows().at(0).endpoint == "/v1/new");
  CHECK(faults_of(*shop.store).empty());
}

TEMPLATE_LIST_TEST_CASE("an unmetered account goes below zero", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "static", 0, true);
  const Price price = add_simple_price(*store);
  const ApiToken token = add_token(*store, user);
  must(store->commit({{}, {settlement(request_id(kNoonMs, 1), token, price, 10, 0)}}));
  CHECK(balance_of(*store, "static") == Money{-10});
  CHECK(faults_of(*store).empty());
}

TEMPLATE_LIST_TEST_CASE("what was written off has no bound", "[contract]", Databases) {
  Shop<TestType> shop;
  Settlement first = shop.sale(1, 0);
  first.usage->status = UsageStatus::kCut;
  first.usage->written_off = {std::numeric_limits<int64_t>::max()};
  Settlement second = first;
  second.usage->id = second.hold.request_id = request_id(kNoonMs, 2);
  must(shop.store->commit({{}, {first, second}}));
  second.usage->id = second.hold.request_id = request_id(kNoonMs, 3);
  must(shop.store->commit({{}, {second}}));
  CHECK(shop.rows().size() == 3);
  CHECK(faults_of(*shop.store).empty());
}

TEMPLATE_LIST_TEST_CASE("the holds of one lane are swept alone", "[contract]", Databases) {
  Shop<TestType> shop;
  Hold even = shop.sale(2, 10).hold;
  Hold odd = shop.sale(3, 10).hold;
  even.request_id.value &= ~int64_t{1};
  odd.request_id.value |= 1;
  must(shop.store->commit({{even, odd}, {}}));
  CHECK(must(shop.store->sweep_holds_of_lane(1, {kNoonMs + 500})) == 1);
  CHECK(must(shop.store->count_open_holds()) == 1);
  CHECK(must(shop.store->sweep_holds_of_lane(1, {kNoonMs + 500})) == 0);
  CHECK(must(shop.store->sweep_holds_of_lane(0, {kNoonMs + 500})) == 1);
  CHECK(must(shop.store->count_open_holds()) == 0);
  CHECK(faults_of(*shop.store).empty());
}

TEMPLATE_LIST_TEST_CASE("holds that a dead gateway left are swept without a cost", "[contract]",
                        Databases) {
  Shop<TestType> shop;
  must(shop.store->commit({{shop.sale(1, 10).hold, shop.sale(2, 10).hold}, {}}));
  CHECK(must(shop.store->sweep_holds({kNoonMs + 500})) == 2);
  CHECK(must(shop.store->count_open_holds()) == 0);
  CHECK(must(shop.store->sweep_holds({kNoonMs + 500})) == 0);
  CHECK(balance_of(*shop.store, "ann") == Money{1'000'000});

  UsageQuery query;
  query.until = {kNoonMs * 2};
  query.group_by = {UsageDimension::kStatus, UsageDimension::kUser, UsageDimension::kToken};
  const auto lines = must(shop.store->summarize_usage(query));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].status == "interrupted");
  CHECK(lines[0].user == "ann");
  CHECK(lines[0].token.empty());
  CHECK(lines[0].requests == 2);
  CHECK(faults_of(*shop.store).empty());
}

TEMPLATE_LIST_TEST_CASE("the greatest request id is that of a row or a hold", "[contract]",
                        Databases) {
  Shop<TestType> shop;
  CHECK(must(shop.store->last_request_id()) == RequestId{0});
  must(shop.store->commit({{}, {shop.sale(9, 1)}}));
  CHECK(must(shop.store->last_request_id()) == request_id(kNoonMs, 9));
  must(shop.store->commit({{shop.sale(11, 1).hold}, {}}));
  CHECK(must(shop.store->last_request_id()) == request_id(kNoonMs, 11));
}

TEMPLATE_LIST_TEST_CASE("a probe changes nothing that anyone reads", "[contract]", Databases) {
  Shop<TestType> shop;
  const Revision before = must(shop.store->for_each_change_since(0, {}));
  must(shop.store->probe());
  CHECK(must(shop.store->for_each_change_since(0, {})) == before);
}

// --- random histories -------------------------------------------------------------------------

// A random company: accounts of every kind, tokens, prices in two currencies. Its own sums are kept
// beside those of the store.
template <class Database>
class Company {
 public:
  explicit Company(uint64_t seed) : random_(seed), store_(database_.open()) {
    users_.push_back(add_user(*store_, "metered", int64_t{1} << 50));
    users_.push_back(add_user(*store_, "static", 0, true));
    users_.push_back(add_user(*store_, "prepaid", int64_t{1} << 50, false, "tokens"));
    for (const User& user : users_) {
      balances_[user.id] = user.balance.nanos;
      for (int i = 0; i < 3; ++i) tokens_.push_back({add_token(*store_, user), user.unit});
    }
    for (int i = 0; i < 3; ++i) {
      Price price;
      price.model = "model-" + std::to_string(i);
      price.currency = i == 0 ? "USD" : "CNY";
      price.input = {number(1'000'000)};
      price.output = {number(1'000'000)};
      price.cached_input = PicosPerToken{number(1'000'000)};
      price.per_request = {number(3)};
      prices_.push_back(must(store_->add_price(price)));
    }
  }

  void commit_batch() {
    BookBatch batch;
    std::swap(batch.settled, pending_);
    for (int64_t i = number(20); i >= 0; --i) {
      Settlement sale = random_sale();
      batch.opened.push_back(sale.hold);
      if (number(4) == 0) {
        pending_.push_back(std::move(sale));  // settles in the next batch
        continue;
      }
      if (number(8) == 0) sale.usage.reset();
      batch.settled.push_back(std::move(sale));
    }
    for (const Settlement& sale : batch.settled) {
      if (sale.usage) balances_[sale.hold.user_id] -= sale.usage->cost.nanos;
    }
    const bool is_repeated = number(3) == 0;
    must(store_->commit(batch));
    const auto balances = is_repeated ? must(store_->commit(batch)) : std::vector<AccountBalance>{};
    for (const AccountBalance& each : balances) {
      REQUIRE(each.balance.nanos == balances_[each.user_id]);
    }
    REQUIRE(must(store_->count_open_holds()) == static_cast<int64_t>(pending_.size()));
  }

  void check() {
    for (const User& user : must(store_->list_users())) {
      REQUIRE(user.balance.nanos == balances_[user.id]);
    }
    REQUIRE(faults_of(*store_).empty());
  }

 private:
  int64_t number(int64_t below) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(below));
  }

  Settlement random_sale() {
    const auto& [token, unit] = tokens_[static_cast<size_t>(number(9))];
    const Price& price = prices_[static_cast<size_t>(number(3))];
    // Over three days, and not in order.
    const RequestId id = request_id(kNoonMs + number(3 * 86'400'000), ++serial_);
    Settlement sale = settlement(id, token, price, number(5'000), number(5'000));
    UsageRecord& record = *sale.usage;
    record.usage.cached_prompt = number(6'000);
    if (price.currency != "USD") record.rate = {137'931'034};
    if (number(6) == 0) {
      record.status = UsageStatus::kFailed;
      record.usage = {};
      record.cost = {};
      return sale;
    }
    record.cost = *cost_of(record.usage, price, unit, record.rate);
    if (number(5) == 0) {
      record.written_off = {number(record.cost.nanos + 1)};
      record.cost = record.cost - record.written_off;
    }
    return sale;
  }

  std::mt19937_64 random_;
  Database database_;
  std::unique_ptr<Store> store_;
  std::vector<User> users_;
  std::vector<std::pair<ApiToken, Unit>> tokens_;
  std::vector<Price> prices_;
  std::map<UserId, int64_t> balances_;
  std::vector<Settlement> pending_;
  int64_t serial_ = 0;
};

TEMPLATE_LIST_TEST_CASE("the books verify after random histories", "[contract]", Databases) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    Company<TestType> company(seed);
    for (int i = 0; i < 20; ++i) company.commit_batch();
    company.check();
  }
}

}  // namespace
}  // namespace chatgate
