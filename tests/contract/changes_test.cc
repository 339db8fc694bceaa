#include <chrono>
#include <functional>

#include "tests/contract/databases.h"

namespace chatgate {
namespace {

// What one refresh of a gateway's snapshot reads.
struct Changes {
  Revision reached = 0;
  std::vector<std::string> users;
  std::vector<TokenId> tokens;
  std::vector<PriceId> prices;

  size_t count() const { return users.size() + tokens.size() + prices.size(); }
};

Changes changes_since(Store& store, Revision since) {
  Changes changes;
  ChangeVisitor visitor;
  visitor.user = [&](const User& user) { changes.users.push_back(user.name); };
  visitor.token = [&](const ApiToken& token) { changes.tokens.push_back(token.id); };
  visitor.price = [&](const Price& price) { changes.prices.push_back(price.id); };
  changes.reached = must(store.for_each_change_since(since, visitor));
  return changes;
}

TEMPLATE_LIST_TEST_CASE("prices are kept as given, later ones behind", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  Price price;
  price.model = "gpt-4o";
  price.currency = "usd";
  price.input = {2'500'000};
  price.output = {10'000'000};
  price.cached_input = PicosPerToken{1'250'000};
  price.audio_output = PicosPerToken{0};
  price.per_request = {5};
  price.max_input_tokens = 128'000;
  price.max_output_tokens = 16'384;
  price.effective_from = {kNoonMs};
  const Price first = must(store->add_price(price));
  price.effective_from = {kNoonMs - 1};
  price.removed = true;
  const Price second = must(store->add_price(price));

  const auto prices = must(store->list_prices());
  REQUIRE(prices.size() == 2);
  CHECK(prices[0].id == second.id);
  CHECK(prices[0].removed);
  CHECK(prices[1].id == first.id);
  CHECK(prices[1].currency == "USD");
  CHECK(prices[1].cached_input == PicosPerToken{1'250'000});
  CHECK_FALSE(prices[1].reasoning.has_value());
  CHECK(prices[1].audio_output == PicosPerToken{0});
  CHECK(prices[1].per_request == Money{5});
  CHECK(prices[1].max_input_tokens == 128'000);
  CHECK(prices[1].max_output_tokens == 16'384);
}

TEMPLATE_LIST_TEST_CASE("an impossible price is refused", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  Price price;
  CHECK_FALSE(store->add_price(price).has_value());
  price.model = "gpt";
  price.output = {-1};
  CHECK_FALSE(store->add_price(price).has_value());
  price.output = {1};
  price.currency = "tokens";
  CHECK_FALSE(store->add_price(price).has_value());
  CHECK(must(store->list_prices()).empty());
}

TEMPLATE_LIST_TEST_CASE("each change by a person is visited once", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User ann = add_user(*store, "ann", 100);
  add_user(*store, "bob", 0);
  const ApiToken token = add_token(*store, ann);
  const Price price = add_simple_price(*store);

  const Changes all = changes_since(*store, 0);
  CHECK(all.users == std::vector<std::string>{"ann", "bob"});
  CHECK(all.tokens == std::vector{token.id});
  CHECK(all.prices == std::vector{price.id});
  CHECK(changes_since(*store, all.reached).count() == 0);
  CHECK(changes_since(*store, all.reached).reached == all.reached);

  Revision reached = all.reached;
  const auto expect_user = [&](const std::function<void()>& change) {
    change();
    const Changes changes = changes_since(*store, reached);
    CHECK(changes.users == std::vector<std::string>{"ann"});
    CHECK(changes.count() == 1);
    CHECK(changes.reached > reached);
    reached = changes.reached;
  };
  expect_user([&] { must(store->set_user_blocked(ann.id, true)); });
  expect_user([&] {
    Credit credit;
    credit.user_id = ann.id;
    credit.amount = {1};
    must(store->credit(credit));
  });
  must(store->revoke_token(token.id, {kNoonMs}));
  CHECK(changes_since(*store, reached).tokens == std::vector{token.id});
}

TEMPLATE_LIST_TEST_CASE("the gateway's own charges are no changes", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const ApiToken token = add_token(*store, add_user(*store, "ann", 100));
  const Price price = add_simple_price(*store);
  const Revision before = changes_since(*store, 0).reached;
  must(store->commit({{}, {settlement(request_id(kNoonMs, 1), token, price, 10, 0)}}));
  CHECK(changes_since(*store, before).count() == 0);
}

TEMPLATE_LIST_TEST_CASE("a connection notices what others commit", "[contract]", Databases) {
  const TestType database;
  const auto gateway = database.open();
  const auto shell = database.open();
  CHECK_FALSE(must(gateway->changed_elsewhere()));
  const User ann = add_user(*shell, "ann", 100);
  CHECK(must(gateway->changed_elsewhere()));
  CHECK_FALSE(must(gateway->changed_elsewhere()));
  CHECK_FALSE(must(shell->changed_elsewhere()));

  // Its own commit hides nothing of another's.
  add_token(*shell, ann);
  add_user(*gateway, "bob", 0);
  CHECK(must(gateway->changed_elsewhere()));
  CHECK(changes_since(*gateway, 0).count() == 3);
}

}  // namespace
}  // namespace chatgate
