// Budgets: by hand, and random histories against a model that keeps a list of all charges.

#include <barrier>
#include <catch2/catch_all.hpp>
#include <limits>
#include <mutex>
#include <random>
#include <thread>

#include "common/ledger/ledger.h"
#include "tests/support/manual_clock.h"

namespace chatgate {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr UserId kUser{1};
constexpr int64_t kRich = int64_t{1} << 50;

// A ledger with one account, whose requests begin at the clock's time.
struct Fixture {
  ManualClock clock{1'795'168'800'000};  // 2026-11-20T10:00:00Z, a Friday
  Ledger ledger;
  int64_t serial = 0;

  void learn(std::optional<Budget> budget, std::vector<DailyCharge> charges = {},
             bool unmetered = false, int64_t balance = kRich) {
    User user;
    user.id = kUser;
    user.balance = {balance};
    user.unmetered = unmetered;
    user.budget = budget;
    Spending spending;
    if (budget) {
      const int64_t first = days_around(budget->period, day_of(clock.now())).first;
      spending.first_day = days_around(budget->period, first - 1).first;
    }
    spending.charges = std::move(charges);
    ledger.put_account(user, spending);
  }
  RequestId next_id() { return {(clock.now().unix_ms << kRequestIdTimeShift) + ++serial}; }
  Result<Hold> reserve(int64_t amount) { return ledger.reserve(next_id(), kUser, {amount}); }
  void charge(Hold hold, int64_t cost) {
    ledger.fix_charge(hold, {cost});
    ledger.committed(hold);
  }
  int64_t spent() { return ledger.spent(kUser, day_of(clock.now())).nanos; }
};

TEST_CASE_METHOD(Fixture, "a budget bounds what is spent and held together", "[ledger]") {
  learn(Budget{{100}, BudgetPeriod::kDay});
  const Hold first = *reserve(60);
  CHECK_FALSE(reserve(41));
  const Hold second = *reserve(40);
  charge(first, 10);
  CHECK(spent() == 10);
  CHECK_FALSE(reserve(51));
  ledger.released(second);
  CHECK(reserve(90));
  CHECK_FALSE(reserve(1));
  CHECK(reserve(0));
}

TEST_CASE_METHOD(Fixture, "a refusal names the budget and its renewal, and takes nothing",
                 "[ledger]") {
  learn(Budget{{5'000'000'000}, BudgetPeriod::kWeek});
  charge(*reserve(4'000'000'000), 4'000'000'000);
  const auto refused = reserve(2'000'000'000);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kInsufficientQuota);
  CHECK(refused.error().should_not_retry);
  CHECK_THAT(refused.error().message, ContainsSubstring("the budget of 5.00 USD a week"));
  CHECK_THAT(refused.error().message, ContainsSubstring("4.00 USD are spent"));
  CHECK_THAT(refused.error().message, ContainsSubstring("renews at 2026-11-23 00:00Z"));
  CHECK(ledger.open_holds() == 0);
  CHECK(ledger.available(kUser) == Money{kRich});
  CHECK(reserve(1'000'000'000));
}

TEST_CASE_METHOD(Fixture, "a budget renews with its period", "[ledger]") {
  for (const auto& [period, renewal_ms] :
       {std::pair{BudgetPeriod::kDay, 14 * 3'600'000LL},
        std::pair{BudgetPeriod::kWeek, 2 * kMsPerDay + 14 * 3'600'000LL},
        std::pair{BudgetPeriod::kMonth, 10 * kMsPerDay + 14 * 3'600'000LL}}) {
    Fixture each;
    each.learn(Budget{{100}, period});
    each.charge(*each.reserve(100), 100);
    each.clock.advance_ms(renewal_ms - 1);
    CHECK_FALSE(each.reserve(1));
    each.clock.advance_ms(1);
    CHECK(each.spent() == 0);
    CHECK(each.reserve(100));
  }
}

TEST_CASE_METHOD(Fixture, "a request counts in the period in which it began", "[ledger]") {
  learn(Budget{{100}, BudgetPeriod::kDay});
  const RequestId late = next_id();
  const Hold over_midnight = *reserve(80);
  clock.advance_ms(kMsPerDay);
  const Hold today = *reserve(100);
  CHECK_FALSE(ledger.reserve(late, kUser, {21}));  // its body took until after midnight
  charge(over_midnight, 70);
  CHECK_FALSE(reserve(1));
  const Hold yesterday = *ledger.reserve(late, kUser, {30});
  charge(today, 5);
  CHECK(spent() == 5);
  CHECK(ledger.spent(kUser, day_of(late)) == Money{70});
  ledger.released(yesterday);
}

TEST_CASE_METHOD(Fixture, "a budget changes while requests run", "[ledger]") {
  const Hold before_any = [&] {
    learn(std::nullopt);
    return *reserve(30);
  }();
  learn(Budget{{100}, BudgetPeriod::kDay});
  CHECK_FALSE(reserve(71));
  const Hold second = *reserve(70);
  const int64_t today = day_of(clock.now());
  learn(Budget{{200}, BudgetPeriod::kMonth}, {{today - 5, 1, {50}}});
  CHECK(ledger.spent(kUser, today) == Money{50});
  CHECK_FALSE(reserve(51));
  charge(second, 70);
  charge(before_any, 30);
  CHECK(ledger.spent(kUser, today) == Money{150});
  learn(Budget{{10}, BudgetPeriod::kMonth}, {{today - 5, 1, {50}}, {today, 2, {100}}});
  CHECK_FALSE(reserve(1));
  learn(std::nullopt);
  CHECK(reserve(1'000));
}

TEST_CASE_METHOD(Fixture, "what is learnt replaces what was counted", "[ledger]") {
  const int64_t today = day_of(clock.now());
  learn(Budget{{100}, BudgetPeriod::kDay}, {{today, 3, {40}}});
  charge(*reserve(10), 10);
  CHECK(spent() == 50);
  const Hold running = *reserve(20);
  learn(Budget{{100}, BudgetPeriod::kDay}, {{today, 4, {50}}});
  CHECK(spent() == 50);
  CHECK_FALSE(reserve(31));
  charge(running, 20);
  CHECK(spent() == 70);
}

TEST_CASE_METHOD(Fixture, "a budget binds an account without a balance", "[ledger]") {
  learn(Budget{{100}, BudgetPeriod::kDay}, {}, true, 0);
  const Hold hold = *reserve(100);
  CHECK(hold.amount == Money{100});
  CHECK_FALSE(reserve(1));
  charge(hold, 130);  // the upstream billed beyond the bound: charged as it is
  CHECK(spent() == 130);
  CHECK_FALSE(reserve(0).has_value());
}

TEST_CASE_METHOD(Fixture, "both bounds hold at once", "[ledger]") {
  learn(Budget{{100}, BudgetPeriod::kDay}, {}, false, 50);
  const auto refused = reserve(60);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("balance"));
  CHECK(reserve(50));
}

TEST_CASE_METHOD(Fixture, "the greatest amounts overflow nothing", "[ledger]") {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  learn(Budget{{kMost}, BudgetPeriod::kDay}, {{day_of(clock.now()), 1, {kMost - 5}}}, true, 0);
  CHECK_FALSE(reserve(6));
  const Hold hold = *reserve(5);
  clock.advance_ms(kMsPerDay);
  CHECK_FALSE(reserve(kMost));
  const Hold other = *reserve(kMost - 5);
  charge(hold, 5);
  charge(other, 7);
  CHECK(spent() == 7);
}

// ---- a model of lists --------------------------------------------------------------------------

struct ModelHold {
  Hold hold;
  bool is_fixed = false;
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed), unmetered_(seed % 2 == 0) { change_budget(); }

  void step() {
    switch (random_() % 8) {
      case 0:
        books_.clock.advance_ms(number(2 * kMsPerDay));
        break;
      case 1:
        change_budget();
        break;
      case 2:
        tell();
        break;
      case 3:
      case 4:
      case 5:
        reserve();
        break;
      case 6:
        fix();
        break;
      default:
        finish();
        break;
    }
  }

 private:
  int64_t number(int64_t below) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(below));
  }
  void change_budget() {
    budget_.reset();
    const std::array periods{BudgetPeriod::kDay, BudgetPeriod::kWeek, BudgetPeriod::kMonth};
    if (random_() % 4 != 0) budget_ = Budget{{number(2'000)}, periods.at(random_() % 3)};
    tell();
  }
  // As the writer reads the store: the charges of each day, those committed alone.
  void tell() {
    std::vector<DailyCharge> charges;
    if (budget_) {
      const int64_t first = days_around(budget_->period, day_of(books_.clock.now())).first;
      const int64_t from = days_around(budget_->period, first - 1).first;
      for (const auto& [day, cost] : committed_) {
        if (day >= from) charges.push_back({day, 1, {cost}});
      }
    }
    books_.learn(budget_, std::move(charges), unmetered_);
  }
  int64_t taken(const BudgetDays& period) const {
    int64_t sum = 0;
    for (const auto& [day, cost] : committed_) sum += period.contains(day) ? cost : 0;
    for (const auto& [hold, is_fixed] : holds_) {
      sum += period.contains(day_of(hold.request_id)) ? hold.amount.nanos : 0;
    }
    return sum;
  }
  void reserve() {
    const int64_t amount = number(300);
    // Now and then one whose body took its time, over midnight perhaps.
    const int64_t late_ms = random_() % 4 == 0 ? number(kMsPerDay) : 0;
    const RequestId id{books_.next_id().value - (late_ms << kRequestIdTimeShift)};
    const auto hold = books_.ledger.reserve(id, kUser, {amount});
    const bool fits = !budget_ || taken(days_around(budget_->period, day_of(id))) + amount <=
                                      budget_->limit.nanos;
    REQUIRE(hold.has_value() == fits);
    if (hold) holds_.push_back({*hold});
  }
  void fix() {
    if (holds_.empty()) return;
    ModelHold& open = holds_[random_() % holds_.size()];
    if (open.is_fixed) return;
    books_.ledger.fix_charge(open.hold, {number(350)});
    open.is_fixed = true;
  }
  void finish() {
    if (holds_.empty()) return;
    const auto chosen = holds_.begin() + number(static_cast<int64_t>(holds_.size()));
    if (chosen->is_fixed) {
      committed_[day_of(chosen->hold.request_id)] += chosen->hold.amount.nanos;
      books_.ledger.committed(chosen->hold);
    } else {
      books_.ledger.released(chosen->hold);
    }
    holds_.erase(chosen);
  }

  std::mt19937_64 random_;
  bool unmetered_;
  Fixture books_;
  std::optional<Budget> budget_;
  std::map<int64_t, int64_t> committed_;
  std::vector<ModelHold> holds_;
};

TEST_CASE("random histories with budgets agree with a model of lists", "[ledger]") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    History history(seed);
    for (int i = 0; i < 1'000; ++i) history.step();
  }
}

TEST_CASE("64 threads on a budget for 5 never exceed it", "[ledger]") {
  constexpr int kThreads = 64;
  Fixture books;
  books.learn(Budget{{500}, BudgetPeriod::kDay}, {}, true, 0);
  const int64_t first_id = books.next_id().value;
  std::atomic<int64_t> served{0};
  std::barrier start(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      for (int round = 0; round < 20; ++round) {
        auto hold = books.ledger.reserve({first_id + i * 100 + round}, kUser, {100});
        if (!hold) continue;
        if ((i + round) % 3 == 0) {
          books.ledger.released(*hold);
          continue;
        }
        books.ledger.fix_charge(*hold, {100});
        books.ledger.committed(*hold);
        ++served;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(served <= 5);
  CHECK(books.spent() == served * 100);
  CHECK(books.ledger.open_holds() == 0);
}

}  // namespace
}  // namespace chatgate
