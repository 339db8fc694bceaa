#include "server/books/directory.h"

#include <catch2/catch_all.hpp>

#include "tests/support/manual_clock.h"

namespace chatgate {
namespace {

constexpr std::string_view kToken = "sk-cg-test";

struct Fixture {
  ManualClock clock;
  Directory directory{clock};
  User user;
  ApiToken token;

  Fixture() {
    user.id = {1};
    user.name = "alice";
    token.id = {7};
    token.user_id = user.id;
    token.hash = hash_of_token(kToken);
    directory.put_user(user);
    directory.put_token(token);
  }
  bool admits(RequestLimiter* limiter) {
    LimitStatus status;
    return admit_request(limiter, nullptr, 0, clock.steady_ms(), status).has_value();
  }
  ErrorCode refusal() {
    const auto found = directory.find_principal(kToken);
    REQUIRE_FALSE(found);
    return found.error().code;
  }
  void put_price(int64_t id, const std::string& currency, Timestamp from, bool removed = false) {
    Price price;
    price.id = {id};
    price.model = "m";
    price.currency = currency;
    price.effective_from = from;
    price.removed = removed;
    directory.put_price(price);
  }
};

TEST_CASE_METHOD(Fixture, "a token names its bearer", "[directory]") {
  const auto found = directory.find_principal(kToken);
  REQUIRE(found);
  CHECK(found->token_id == token.id);
  CHECK(found->user_id == user.id);
  CHECK(found->token_prefix == prefix_of_token(kToken));
  CHECK(directory.name_of_user(found->user_id) == "alice");
  CHECK(directory.name_of_user({2}).empty());
  CHECK_FALSE(directory.find_principal("sk-cg-other"));
}

TEST_CASE_METHOD(Fixture, "a token ends at its expiry", "[directory]") {
  token.expires_at = Timestamp{clock.now().unix_ms + 1000};
  directory.put_token(token);
  CHECK(directory.find_principal(kToken));
  clock.advance_ms(1000);
  CHECK(refusal() == ErrorCode::kInvalidToken);
}

TEST_CASE_METHOD(Fixture, "a revoked token is refused at once", "[directory]") {
  token.revoked_at = clock.now();
  directory.put_token(token);
  CHECK(refusal() == ErrorCode::kInvalidToken);
}

TEST_CASE_METHOD(Fixture, "a token goes on until the time of its revocation", "[directory]") {
  token.revoked_at = Timestamp{clock.now().unix_ms + 1000};
  directory.put_token(token);
  CHECK(directory.find_principal(kToken));
  clock.advance_ms(1000);
  CHECK(refusal() == ErrorCode::kInvalidToken);
}

TEST_CASE_METHOD(Fixture, "an archived account is refused", "[directory]") {
  user.archived_at = clock.now();
  directory.put_user(user);
  CHECK(refusal() == ErrorCode::kUserBlocked);
}

TEST_CASE_METHOD(Fixture, "a blocked account is refused", "[directory]") {
  user.blocked = true;
  directory.put_user(user);
  CHECK(refusal() == ErrorCode::kUserBlocked);
  user.blocked = false;
  directory.put_user(user);
  CHECK(directory.find_principal(kToken));
}

TEST_CASE_METHOD(Fixture, "a changed token keeps its limiter's state", "[directory]") {
  token.requests_per_minute = 1;
  directory.put_token(token);
  const auto before = directory.find_principal(kToken)->scope->limiter;
  REQUIRE(admits(before.get()));
  token.name = "renamed";
  directory.put_token(token);
  CHECK(directory.find_principal(kToken)->scope->limiter == before);
  CHECK_FALSE(admits(before.get()));
}

TEST_CASE_METHOD(Fixture, "the latest price whose time has come is in force", "[directory]") {
  const auto now = clock.now();
  put_price(1, "USD", {now.unix_ms - 1000});
  put_price(3, "USD", {now.unix_ms + 1000});
  put_price(2, "USD", {now.unix_ms - 500});
  CHECK(directory.find_price("m", {}, {})->price->id == PriceId{2});
  clock.advance_ms(1000);
  CHECK(directory.find_price("m", {}, {})->price->id == PriceId{3});
  put_price(4, "USD", clock.now(), true);
  CHECK_FALSE(directory.find_price("m", {}, {}));
  CHECK(directory.list_models({}, {}).empty());
}

TEST_CASE_METHOD(Fixture, "another currency needs a rate", "[directory]") {
  put_price(1, "USD", clock.now());
  CHECK_FALSE(directory.find_price("m", {"CNY"}, {}));
  const auto found = directory.find_price("m", {"CNY"}, {{"USD/CNY", {7'200'000'000}}});
  REQUIRE(found);
  CHECK(found->rate == ExchangeRate{7'200'000'000});
  CHECK_FALSE(directory.find_price("m", {"CNY"}, {{"USD/EUR", {900'000'000}}}));
  put_price(2, "CNY", clock.now());
  const auto own = directory.find_price("m", {"CNY"}, {{"USD/CNY", {7'200'000'000}}});
  CHECK(own->price->id == PriceId{2});
  CHECK(own->rate == ExchangeRate{});
}

TEST_CASE_METHOD(Fixture, "the models are those that an account can pay for", "[directory]") {
  put_price(1, "USD", clock.now());
  const auto models = [&](const char* unit, const ExchangeRates& rates = {}) {
    return directory.list_models({unit}, rates).size();
  };
  CHECK(models("USD") == 1);
  CHECK(models("tokens") == 1);
  CHECK(models("CNY") == 0);
  CHECK(models("CNY", {{"USD/EUR", {900'000'000}}}) == 0);
  CHECK(models("CNY", {{"USD/CNY", {7'200'000'000}}}) == 1);
}

TEST_CASE_METHOD(Fixture, "a tokens account takes a price in any currency", "[directory]") {
  put_price(1, "EUR", clock.now());
  CHECK(directory.find_price("m", {"tokens"}, {}));
  put_price(2, "USD", clock.now());
  put_price(3, "USD", clock.now(), true);
  CHECK(directory.find_price("m", {"tokens"}, {})->price->id == PriceId{1});
  put_price(4, "EUR", clock.now(), true);
  CHECK_FALSE(directory.find_price("m", {"tokens"}, {}));
}

TEST_CASE_METHOD(Fixture, "a budget bounds an unmetered account", "[directory]") {
  user.unmetered = true;
  directory.put_user(user);
  CHECK(directory.find_principal(kToken)->unmetered);
  user.budget = Budget{{1}, BudgetPeriod::kDay};
  directory.put_user(user);
  CHECK_FALSE(directory.find_principal(kToken)->unmetered);
}

TEST_CASE_METHOD(Fixture, "an account's limits are one for all its tokens", "[directory]") {
  CHECK(directory.find_principal(kToken)->user_limiter == nullptr);
  user.limits.parallel_requests = 1;
  directory.put_user(user);
  ApiToken other = token;
  other.id = {8};
  other.hash = hash_of_token("sk-cg-second");
  directory.put_token(other);
  const auto limiter = directory.find_principal(kToken)->user_limiter;
  REQUIRE(limiter);
  CHECK(directory.find_principal("sk-cg-second")->user_limiter == limiter);

  // What runs is known through every change.
  LimitStatus status;
  REQUIRE(admit_request(nullptr, limiter.get(), 0, clock.steady_ms(), status));
  user.limits = {};
  directory.put_user(user);
  user.limits.parallel_requests = 1;
  directory.put_user(user);
  const auto later = directory.find_principal(kToken)->user_limiter;
  const auto refused = admit_request(nullptr, later.get(), 0, clock.steady_ms(), status);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message,
             Catch::Matchers::ContainsSubstring("this account may run one"));
}

}  // namespace
}  // namespace chatgate
