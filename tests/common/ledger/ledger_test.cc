#include "common/ledger/ledger.h"

#include <algorithm>
#include <barrier>
#include <catch2/catch_all.hpp>
#include <limits>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace chatgate {
namespace {

User account(int64_t id, int64_t balance, bool unmetered = false) {
  User user;
  user.id = {id};
  user.balance = {balance};
  user.unmetered = unmetered;
  return user;
}

TEST_CASE("a hold is granted while the balance less other holds covers it") {
  Ledger ledger;
  ledger.put_account(account(1, 100));
  Hold first = *ledger.reserve({1}, {1}, {60});
  CHECK(ledger.available({1}) == Money{40});
  CHECK(ledger.open_holds() == 1);

  const auto concurrent = ledger.reserve({2}, {1}, {41});
  REQUIRE_FALSE(concurrent.has_value());
  CHECK(concurrent.error().code == ErrorCode::kInsufficientQuota);
  CHECK(concurrent.error().message.find("reserved by concurrent requests") != std::string::npos);
  CHECK(concurrent.error().should_not_retry);

  const auto too_much = ledger.reserve({3}, {1}, {101});
  REQUIRE_FALSE(too_much.has_value());
  CHECK(too_much.error().message.find("used up") != std::string::npos);

  CHECK(ledger.reserve({4}, {1}, {40}).has_value());
  ledger.released(first);
  CHECK(ledger.available({1}) == Money{60});
  CHECK(ledger.open_holds() == 1);
}

TEST_CASE("what is held is known by unit, and none of it stays behind", "[ledger]") {
  Ledger ledger;
  ledger.put_account(account(1, 100));
  ledger.put_account(account(2, 0, true));
  User counted = account(3, 100);
  counted.unit = Unit{"tokens"};
  ledger.put_account(counted);
  CHECK(ledger.held_by_unit().at("USD") == Money{0});

  Hold released = *ledger.reserve({1}, {1}, {60});
  Hold charged = *ledger.reserve({2}, {2}, {60});  // reserves nothing
  const Hold tokens = *ledger.reserve({3}, {3}, {7});
  CHECK(ledger.held_by_unit().at("USD") == Money{60});
  CHECK(ledger.held_by_unit().at("tokens") == Money{7});
  ledger.fix_charge(released, {10});
  ledger.fix_charge(charged, {25});
  CHECK(ledger.held_by_unit().at("USD") == Money{35});
  counted.unit = Unit{"EUR"};
  ledger.put_account(counted);
  CHECK(ledger.held_by_unit().at("tokens") == Money{0});
  CHECK(ledger.held_by_unit().at("EUR") == Money{7});

  ledger.released(released);
  ledger.committed(charged);
  ledger.released(tokens);
  for (const auto& [unit, held] : ledger.held_by_unit()) CHECK(held == Money{0});
}

TEST_CASE("whether a hold would be granted can be asked without taking it") {
  Ledger ledger;
  ledger.put_account(account(1, 100));
  ledger.put_account(account(2, 0, true));
  CHECK(ledger.could_reserve({1}, {1}, {100}));
  CHECK_FALSE(ledger.could_reserve({1}, {1}, {101}));
  CHECK(ledger.could_reserve({1}, {2}, {101}));
  CHECK_FALSE(ledger.could_reserve({1}, {3}, {0}));
  CHECK(ledger.available({1}) == Money{100});
  CHECK(ledger.open_holds() == 0);
}

TEST_CASE("a fixed charge stays reserved until it is committed") {
  Ledger ledger;
  ledger.put_account(account(1, 100));
  Hold hold = *ledger.reserve({1}, {1}, {60});
  const Charge charge = ledger.fix_charge(hold, {25});
  CHECK(charge.charged == Money{25});
  CHECK(charge.written_off == Money{0});
  CHECK(hold.amount == Money{25});
  CHECK(ledger.available({1}) == Money{75});
  ledger.set_balance({1}, {75});
  ledger.committed(hold);
  CHECK(ledger.available({1}) == Money{75});
  CHECK(ledger.open_holds() == 0);
}

TEST_CASE("a cost beyond its hold takes what is free, and the rest is written off") {
  Ledger ledger;
  ledger.put_account(account(1, 100));
  Hold hold = *ledger.reserve({1}, {1}, {30});
  const Hold other = *ledger.reserve({2}, {1}, {50});
  const Charge charge = ledger.fix_charge(hold, {70});
  CHECK(charge.charged == Money{50});
  CHECK(charge.written_off == Money{20});
  CHECK(ledger.available({1}) == Money{0});
  ledger.released(other);
}

TEST_CASE("an account whose balance was lowered below its holds pays from its hold alone") {
  Ledger ledger;
  ledger.put_account(account(1, 100));
  Hold hold = *ledger.reserve({1}, {1}, {30});
  ledger.put_account(account(1, 10));
  const Charge charge = ledger.fix_charge(hold, {70});
  CHECK(charge.charged == Money{30});
  CHECK(charge.written_off == Money{40});
}

TEST_CASE("an unmetered account is never refused and overflows nothing") {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  Ledger ledger;
  ledger.put_account(account(1, 0, true));
  std::vector<Hold> holds;
  Money charged;
  for (int64_t i = 0; i < 4; ++i) {
    holds.push_back(*ledger.reserve({i}, {1}, {kMost}));
    CHECK(holds.back().amount == Money{0});
    const Charge charge = ledger.fix_charge(holds.back(), {kMost});
    REQUIRE(checked_add(charged, charge.charged).has_value());
    charged = charged + charge.charged;
    CHECK(charge.charged + charge.written_off == Money{kMost});
  }
  for (const Hold& hold : holds) ledger.committed(hold);
  CHECK(ledger.open_holds() == 0);
}

TEST_CASE("an unknown account reserves nothing") {
  Ledger ledger;
  CHECK(ledger.reserve({1}, {9}, {0}).error().code == ErrorCode::kNotFound);
  CHECK(ledger.available({9}) == Money{0});
}

// --- random histories against a model that knows nothing but sums
// ---------------------------------

struct ModelHold {
  Hold hold;
  bool is_fixed = false;
};
struct ModelAccount {
  int64_t balance = 0;
  bool unmetered = false;
  std::vector<ModelHold> holds;

  int64_t held() const {
    int64_t sum = 0;
    for (const ModelHold& open : holds) sum += open.hold.amount.nanos;
    return sum;
  }
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {
    for (int64_t id = 0; id < 4; ++id) {
      accounts_.push_back({.balance = number(1'000), .unmetered = id == 3, .holds = {}});
      tell(id);
    }
  }

  void step() {
    const auto id = static_cast<int64_t>(random_() % accounts_.size());
    ModelAccount& model = accounts_[static_cast<size_t>(id)];
    switch (random_() % 4) {
      case 0:
        reserve(id, model);
        break;
      case 1:
        fix(model);
        break;
      case 2:
        finish(id, model);
        break;
      default:
        credit(id, model);
        break;
    }
    size_t open = 0;
    for (size_t i = 0; i < accounts_.size(); ++i) {
      const ModelAccount& each = accounts_[i];
      REQUIRE(ledger_.available({static_cast<int64_t>(i)}).nanos == each.balance - each.held());
      if (!each.unmetered) REQUIRE(each.balance >= each.held());
      open += each.holds.size();
    }
    REQUIRE(ledger_.open_holds() == static_cast<int64_t>(open));
  }

 private:
  int64_t number(int64_t below) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(below));
  }
  void tell(int64_t id) {
    const ModelAccount& model = accounts_[static_cast<size_t>(id)];
    ledger_.put_account(account(id, model.balance, model.unmetered));
  }
  void credit(int64_t id, ModelAccount& model) {
    model.balance += number(100);
    tell(id);
  }
  void reserve(int64_t id, ModelAccount& model) {
    const int64_t amount = number(400);
    const auto hold = ledger_.reserve({++serial_}, {id}, {amount});
    REQUIRE(hold.has_value() == (model.unmetered || model.balance - model.held() >= amount));
    if (hold) model.holds.push_back({*hold});
  }
  void fix(ModelAccount& model) {
    if (model.holds.empty()) return;
    ModelHold& open = model.holds[random_() % model.holds.size()];
    if (open.is_fixed) return;
    const int64_t cost = number(600);
    const int64_t bearable = open.hold.amount.nanos + model.balance - model.held();
    const int64_t expected = model.unmetered ? cost : std::min(cost, bearable);
    const Charge charge = ledger_.fix_charge(open.hold, {cost});
    REQUIRE(charge.charged.nanos == expected);
    REQUIRE(charge.written_off.nanos == cost - expected);
    REQUIRE(open.hold.amount == charge.charged);
    open.is_fixed = true;
  }
  // Committed when its charge was fixed, else released.
  void finish(int64_t id, ModelAccount& model) {
    if (model.holds.empty()) return;
    const auto chosen = model.holds.begin() + number(static_cast<int64_t>(model.holds.size()));
    if (chosen->is_fixed) {
      model.balance -= chosen->hold.amount.nanos;
      ledger_.set_balance({id}, {model.balance});
      ledger_.committed(chosen->hold);
    } else {
      ledger_.released(chosen->hold);
    }
    model.holds.erase(chosen);
  }

  std::mt19937_64 random_;
  Ledger ledger_;
  std::vector<ModelAccount> accounts_;
  int64_t serial_ = 0;
};

TEST_CASE("random histories agree with a model of plain sums") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    History history(seed);
    for (int i = 0; i < 500; ++i) history.step();
  }
}

// The writer: takes charges one after the other, as the store's transactions do.
class Books {
 public:
  Books(Ledger& ledger, UserId user, int64_t balance)
      : ledger_(ledger), user_(user), balance_(balance) {}

  void settle(const Hold& hold, const Charge& charge) {
    const std::lock_guard lock(mutex_);
    balance_ -= charge.charged.nanos;
    overdrawn_ |= balance_ < 0;
    ledger_.set_balance(user_, {balance_});
    ledger_.committed(hold);
  }
  int64_t balance() const { return balance_; }
  bool was_overdrawn() const { return overdrawn_; }

 private:
  Ledger& ledger_;
  UserId user_;
  std::mutex mutex_;
  int64_t balance_;
  bool overdrawn_ = false;
};

TEST_CASE("256 threads on a balance for 10 never overspend") {
  constexpr int kThreads = 256;
  constexpr int64_t kHold = 100;
  Ledger ledger;
  const UserId user{1};
  ledger.put_account(account(1, 10 * kHold));
  Books books(ledger, user, 10 * kHold);
  std::atomic<int64_t> charged{0};
  std::barrier start(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      for (int64_t round = 0; round < 20; ++round) {
        auto hold = ledger.reserve({i * 100 + round}, user, {kHold});
        if (!hold) continue;
        // Cheaper than its hold, or dearer, or failed without a cost.
        const int64_t cost = (i * 7 + round * 31) % (2 * kHold);
        const Charge charge = ledger.fix_charge(*hold, {cost % 5 == 0 ? 0 : cost});
        charged += charge.charged.nanos;
        books.settle(*hold, charge);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(books.was_overdrawn());
  CHECK(charged.load() <= 10 * kHold);
  CHECK(books.balance() == 10 * kHold - charged.load());
  CHECK(ledger.available(user).nanos == books.balance());
  CHECK(ledger.open_holds() == 0);
}

TEST_CASE("accounts may be learnt while others are used") {
  Ledger ledger;
  ledger.put_account(account(0, 1'000'000));
  std::thread learner([&] {
    for (int64_t id = 1; id <= 2'000; ++id) ledger.put_account(account(id, id));
  });
  for (int64_t i = 0; i < 2'000; ++i) {
    const Hold hold = *ledger.reserve({i}, {0}, {10});
    ledger.released(hold);
  }
  learner.join();
  CHECK(ledger.available({2'000}) == Money{2'000});
  CHECK(ledger.available({0}) == Money{1'000'000});
}

}  // namespace
}  // namespace chatgate
