#include "server/books/book_writer.h"

#include <catch2/catch_all.hpp>
#include <chrono>
#include <thread>

#include "server/transport/coroutine.h"
#include "server/transport/request_ids.h"
#include "tests/support/faulty_store.h"
#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

constexpr int64_t kCents = 10'000'000;  // in nano-units

// A writer over a database with one user of 1 USD, one token and one price.
struct Fixture {
  TempStore store;
  std::atomic<ErrorCode> fault{ErrorCode::kInvalidRequest};  // kInvalidRequest: none
  std::atomic<int64_t> refused_cost{-1};
  std::atomic<int> commits{0};
  RequestIds ids{system_clock()};
  Ledger ledger;
  Directory directory{system_clock()};
  User user;
  ApiToken token;
  Price price;
  std::unique_ptr<BookWriter> writer;

  Fixture() {
    user.name = "alice";
    user.created_at = system_clock().now();
    user = must(store->add_user(user, {100 * kCents}));
    token.user_id = user.id;
    token.hash = hash_of_token("sk-cg-x");
    token.prefix = "sk-cg-x";
    token = must(store->add_token(token));
    price.model = "m";
    price.per_request = {kCents};
    price = must(store->add_price(price));
    auto faulty = std::make_unique<FaultyStore>(
        store.open(), [this](const BookBatch& batch) { return fault_of(batch); });
    writer = std::make_unique<BookWriter>(std::move(faulty), ledger, directory);
    must(writer->start());
  }

  std::optional<Error> fault_of(const BookBatch& batch) {
    ++commits;
    if (fault != ErrorCode::kInvalidRequest) return Error{fault, "out of order"};
    for (const auto& settlement : batch.settled) {
      if (settlement.usage && settlement.usage->cost.nanos == refused_cost) {
        return Error{ErrorCode::kRefused, "not this one"};
      }
    }
    return std::nullopt;
  }

  Settlement settlement_of(int64_t cents) {
    auto hold = must(ledger.reserve(ids.next(), user.id, {cents * kCents}));
    writer->open_hold(hold);
    UsageRecord usage;
    usage.id = hold.request_id;
    usage.user_id = user.id;
    usage.token_id = token.id;
    usage.price_id = price.id;
    usage.model = "m";
    usage.status = UsageStatus::kAborted;
    usage.cost = ledger.fix_charge(hold, {cents * kCents}).charged;
    return {hold, usage};
  }

  // Settles within a coroutine, as requests do; the results in order.
  std::vector<bool> settle(const std::vector<Settlement>& settlements) {
    std::vector<bool> results(settlements.size());
    EventLoop loop;
    size_t left = settlements.size();
    loop.post([&] {
      for (size_t i = 0; i < settlements.size(); ++i) {
        Coroutine::spawn(loop, [&, i] {
          results[i] = writer->settle(settlements[i]).has_value();
          if (--left == 0) loop.stop();
        });
      }
    });
    loop.run();
    return results;
  }

  int64_t balance_cents() { return must(store->find_user("alice")).balance.nanos / kCents; }
  void check_books() {
    for (const auto& found : must(store->verify_books({}))) FAIL_CHECK(found.detail);
  }
  template <class Condition>
  void await(Condition&& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    REQUIRE(condition());
  }
};

TEST_CASE_METHOD(Fixture, "a settlement is durable when its waiter returns", "[book_writer]") {
  CHECK(settle({settlement_of(10)}) == std::vector{true});
  CHECK(balance_cents() == 90);
  CHECK(ledger.available(user.id) == Money{90 * kCents});
  CHECK(ledger.open_holds() == 0);
  CHECK(must(store->count_open_holds()) == 0);
  check_books();
}

TEST_CASE_METHOD(Fixture, "many settlements share commits", "[book_writer]") {
  std::vector<Settlement> settlements;
  for (int i = 0; i < 50; ++i) settlements.push_back(settlement_of(1));
  const int before = commits;
  CHECK(settle(settlements) == std::vector<bool>(50, true));
  CHECK(commits - before < 25);
  CHECK(balance_cents() == 50);
  check_books();
}

TEST_CASE_METHOD(Fixture, "a hold that lasts becomes a row", "[book_writer]") {
  auto settlement = settlement_of(10);
  await([&] { return must(store->count_open_holds()) == 1; });
  CHECK(settle({settlement}) == std::vector{true});
  CHECK(must(store->count_open_holds()) == 0);
}

TEST_CASE_METHOD(Fixture, "a full disk fails requests without charging them", "[book_writer]") {
  const auto settlement = settlement_of(10);
  fault = ErrorCode::kStoreUnavailable;
  CHECK(settle({settlement}) == std::vector{false});
  CHECK_FALSE(writer->is_healthy());
  CHECK(ledger.available(user.id) == Money{100 * kCents});
  fault = ErrorCode::kInvalidRequest;
  await([&] { return writer->is_healthy(); });
  CHECK(settle({settlement_of(5)}) == std::vector{true});
  CHECK(balance_cents() == 95);
  CHECK(must(store->count_open_holds()) == 0);
  check_books();
}

TEST_CASE_METHOD(Fixture, "what nobody waits for is charged when the disk is back",
                 "[book_writer]") {
  fault = ErrorCode::kStoreUnavailable;
  writer->settle_detached(settlement_of(10));
  await([&] { return !writer->is_healthy(); });
  fault = ErrorCode::kInvalidRequest;
  await([&] { return balance_cents() == 90; });
  await([&] { return ledger.available(user.id) == Money{90 * kCents}; });
  check_books();
}

TEST_CASE_METHOD(Fixture, "a settlement that the store refuses fails alone", "[book_writer]") {
  std::vector<Settlement> settlements;
  for (const int cents : {1, 2, 3, 4, 5}) settlements.push_back(settlement_of(cents));
  refused_cost = 3 * kCents;
  CHECK(settle(settlements) == std::vector{true, true, false, true, true});
  CHECK(writer->is_healthy());
  CHECK(balance_cents() == 100 - 12);
  CHECK(ledger.open_holds() == 0);
  CHECK(ledger.available(user.id) == Money{88 * kCents});
  CHECK(must(store->count_open_holds()) == 0);
  check_books();
}

TEST_CASE_METHOD(Fixture, "the writer follows what other processes change", "[book_writer]") {
  Credit credit;
  credit.user_id = user.id;
  credit.amount = {50 * kCents};
  credit.created_at = system_clock().now();
  must(store->credit(credit));
  await([&] { return ledger.available(user.id) == Money{150 * kCents}; });
  must(store->revoke_token(token.id, system_clock().now()));
  await([&] { return !directory.find_principal("sk-cg-x"); });
}

TEST_CASE_METHOD(Fixture, "the end of the writer commits what is queued", "[book_writer]") {
  for (int i = 0; i < 20; ++i) writer->settle_detached(settlement_of(1));
  writer.reset();
  CHECK(balance_cents() == 80);
  check_books();
}

TEST_CASE_METHOD(Fixture, "a budget is followed, with what was spent before", "[book_writer]") {
  CHECK(settle({settlement_of(10)}) == std::vector{true});
  must(store->set_budget(user.id, Budget{{15 * kCents}, BudgetPeriod::kMonth}));
  const int64_t today = day_of(system_clock().now());
  await([&] { return ledger.spent(user.id, today) == Money{10 * kCents}; });
  CHECK_FALSE(ledger.reserve(ids.next(), user.id, {6 * kCents}));
  CHECK(settle({settlement_of(5)}) == std::vector{true});
  CHECK(ledger.spent(user.id, today) == Money{15 * kCents});
  CHECK_FALSE(ledger.reserve(ids.next(), user.id, {1}));
  // A recharge reads the account anew; nothing is counted twice.
  Credit credit;
  credit.user_id = user.id;
  credit.amount = {kCents};
  must(store->credit(credit));
  await([&] { return ledger.available(user.id) == Money{86 * kCents}; });
  CHECK(ledger.spent(user.id, today) == Money{15 * kCents});
  must(store->set_budget(user.id, std::nullopt));
  await([&] { return ledger.spent(user.id, today).is_zero(); });
  CHECK(settle({settlement_of(20)}) == std::vector{true});
  check_books();
}

TEST_CASE_METHOD(Fixture, "a commit that fails after it reached the disk is counted once",
                 "[book_writer]") {
  must(store->set_budget(user.id, Budget{{50 * kCents}, BudgetPeriod::kMonth}));
  await([&] {
    const auto hold = ledger.reserve(ids.next(), user.id, {51 * kCents});
    if (hold) ledger.released(*hold);
    return !hold;
  });
  const auto lost = settlement_of(10);
  const auto detached = settlement_of(20);
  fault = ErrorCode::kStoreUnavailable;
  must(store->commit({{lost.hold}, {lost}}));
  must(store->commit({{detached.hold}, {detached}}));
  CHECK(settle({lost}) == std::vector{false});
  writer->settle_detached(detached);
  await([&] { return commits > 5; });
  fault = ErrorCode::kInvalidRequest;
  await([&] { return writer->is_healthy(); });
  const int64_t today = day_of(system_clock().now());
  await([&] { return ledger.open_holds() == 0; });
  CHECK(settle({settlement_of(5)}) == std::vector{true});
  CHECK(ledger.spent(user.id, today) == Money{35 * kCents});
  CHECK(ledger.available(user.id) == Money{65 * kCents});
  CHECK(balance_cents() == 65);
  check_books();
}

TEST_CASE_METHOD(Fixture, "a change is in force when its maker goes on", "[book_writer]") {
  Result<void> taken;
  bool finds_bob = false;
  Money available;
  EventLoop loop;
  loop.post([&] {
    Coroutine::spawn(loop, [&] {
      const auto made = writer->administer([&](Store& books) {
        Credit credit;
        credit.user_id = user.id;
        credit.amount = {5 * kCents};
        if (auto booked = books.credit(credit); !booked) {
          return Result<void>(tl::unexpected(booked.error()));
        }
        User bob;
        bob.name = "bob";
        return books.add_user(bob, {}).map([](const User&) {});
      });
      REQUIRE(made);
      available = ledger.available(user.id);
      finds_bob = directory.find_account("bob").has_value();
      taken = writer->administer([](Store& books) {
        User bob;
        bob.name = "bob";
        return books.add_user(bob, {}).map([](const User&) {});
      });
      loop.stop();
    });
  });
  loop.run();
  CHECK(available == Money{105 * kCents});
  CHECK(finds_bob);
  CHECK(taken.error().code == ErrorCode::kAlreadyExists);
  CHECK(settle({settlement_of(10)}) == std::vector{true});
  check_books();
}

TEST_CASE_METHOD(Fixture, "changes and charges at once lose nothing", "[book_writer]") {
  constexpr int kEach = 40;
  int left = 2 * kEach;
  EventLoop loop;
  loop.post([&] {
    for (int i = 0; i < kEach; ++i) {
      Coroutine::spawn(loop, [&] {
        CHECK(writer->settle(settlement_of(1)));
        if (--left == 0) loop.stop();
      });
      Coroutine::spawn(loop, [&] {
        CHECK(writer->administer([&](Store& books) {
          Credit credit;
          credit.user_id = user.id;
          credit.amount = {2 * kCents};
          return books.credit(credit).map([](const LedgerEntry&) {});
        }));
        if (--left == 0) loop.stop();
      });
    }
  });
  loop.run();
  CHECK(balance_cents() == 100 + kEach);
  CHECK(ledger.available(user.id) == Money{(100 + kEach) * kCents});
  check_books();
}

}  // namespace
}  // namespace chatgate
