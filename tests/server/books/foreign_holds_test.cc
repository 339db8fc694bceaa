#include "server/books/foreign_holds.h"

#include <algorithm>
#include <catch2/catch_all.hpp>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

User account(int64_t id, int64_t balance) {
  User user;
  user.id = {id};
  user.balance = {balance};
  return user;
}

TEST_CASE("another process's holds count like this one's own", "[takeover]") {
  Ledger ledger;
  ledger.put_account(account(1, 100));
  ForeignHolds holds(ledger);
  must(holds.adopt({{10}, {1}, {60}}));
  CHECK(ledger.available({1}) == Money{40});
  CHECK_FALSE(ledger.reserve({11}, {1}, {41}));
  CHECK(ledger.reserve({11}, {1}, {30}));
  CHECK_FALSE(holds.reserve({12}, {1}, {11}));
  CHECK(holds.reserve({12}, {1}, {10}));
  CHECK(ledger.available({1}) == Money{0});
  holds.release({{10}, {99}});
  CHECK(ledger.available({1}) == Money{60});
  CHECK(holds.open().size() == 1);
}

TEST_CASE("a hold is adopted once, and of a known account", "[takeover]") {
  Ledger ledger;
  ledger.put_account(account(1, 100));
  ForeignHolds holds(ledger);
  must(holds.adopt({{10}, {1}, {60}}));
  CHECK_FALSE(holds.adopt({{10}, {1}, {60}}));
  CHECK(holds.reserve({10}, {1}, {1}).error().code == ErrorCode::kRefused);
  CHECK(holds.adopt({{11}, {2}, {1}}).error().code == ErrorCode::kNotFound);
  CHECK(holds.fix_charge({12}, {1}).error().code == ErrorCode::kNotFound);
  CHECK(ledger.open_holds() == 1);
}

TEST_CASE("what was adopted may exceed the balance, and nothing is granted beside it",
          "[takeover]") {
  Ledger ledger;
  ledger.put_account(account(1, 10));
  ForeignHolds holds(ledger);
  must(holds.adopt({{10}, {1}, {60}}));  // its charge is in the balance already
  CHECK_FALSE(ledger.reserve({11}, {1}, {1}));
  holds.release({{10}});
  CHECK(ledger.reserve({11}, {1}, {10}));
}

TEST_CASE("a cost beyond a foreign hold takes what is free, no more", "[takeover]") {
  Ledger ledger;
  ledger.put_account(account(1, 100));
  ForeignHolds holds(ledger);
  must(holds.adopt({{10}, {1}, {60}}));
  REQUIRE(ledger.reserve({11}, {1}, {30}));
  const auto charge = must(holds.fix_charge({10}, {90}));
  CHECK(charge.charged == Money{70});
  CHECK(charge.written_off == Money{20});
  CHECK(ledger.available({1}) == Money{0});
}

// Two processes over one database, as random messages between them come and go. `true_holds` and
// `balances` are the truth that neither process sees whole.
class TwoProcesses {
 public:
  explicit TwoProcesses(uint64_t seed) : random_(seed) {
    for (int64_t id = 1; id <= kAccounts; ++id) balances_[id] = pick(2'000);
    for (const auto& [id, balance] : balances_) old_.put_account(account(id, balance));
  }

  void run() {
    for (int i = 0; i < 60; ++i) act_before();
    hand_over();
    const size_t crash = pick(2) == 0 ? pick(300) : 1'000;
    for (size_t i = 0; i < 300; ++i) {
      if (i == crash) is_old_dead_ = true;
      act_after();
      check();
    }
    finish();
  }

 private:
  static constexpr int64_t kAccounts = 3;
  enum class Kind : uint8_t { kReserve, kGranted, kRefused, kFix, kFixed, kEnded };
  struct Message {
    Kind kind;
    Hold hold;
  };
  struct Request {
    Hold hold;  // as its own process knows it
  };

  int64_t pick(uint64_t below) { return static_cast<int64_t>(random_() % below); }
  int64_t any_account() { return 1 + pick(kAccounts); }
  RequestId next_id(int64_t lane) { return {++serial_ * kRequestLanes + lane}; }

  // The single process before the takeover; the new one loads at some moment.
  void act_before() {
    const auto what = pick(10);
    if (what < 5) {
      begin_old();
    } else if (what < 9) {
      settle_old();
    } else if (!has_loaded_) {
      has_loaded_ = true;  // from here on the old one lists whom it charges
      for (const auto& [id, balance] : balances_) new_.put_account(account(id, balance));
    }
  }

  void begin_old() {
    auto hold = old_.reserve(next_id(0), {any_account()}, {pick(300)});
    if (hold) old_requests_.push_back({*hold});
  }

  void hand_over() {
    if (!has_loaded_) {
      for (const auto& [id, balance] : balances_) new_.put_account(account(id, balance));
    }
    for (const int64_t id : charged_) new_.put_account(account(id, balances_[id]));
    for (const auto& request : old_requests_) must(foreign_.adopt(request.hold));
    is_handed_over_ = true;
  }

  // The old process books a request, and tells of it later.
  void settle_old() {
    if (old_requests_.empty()) return;
    const auto index = static_cast<size_t>(pick(old_requests_.size()));
    Hold hold = old_requests_[index].hold;
    old_requests_.erase(old_requests_.begin() + static_cast<ptrdiff_t>(index));
    const Money cost{pick(static_cast<uint64_t>(hold.amount.nanos) + 40)};
    if (is_handed_over_ && cost > hold.amount) {
      return to_new_.push_back({Kind::kFix, {hold.request_id, hold.user_id, cost}});
    }
    book_old(hold, cost);
  }

  void book_old(Hold hold, Money cost) {
    const auto charge =
        is_handed_over_ ? old_.fix_charge_within_hold(hold, cost) : old_.fix_charge(hold, cost);
    charge_durably(hold.user_id, charge.charged);
    old_.set_balance(hold.user_id, {balances_[hold.user_id.value]});
    old_.committed(hold);
    true_holds_.erase(hold.request_id);
    charged_.insert(hold.user_id.value);
    if (is_handed_over_) to_new_.push_back({Kind::kEnded, hold});
  }

  void charge_durably(UserId user, Money amount) {
    balances_[user.value] -= amount.nanos;
    REQUIRE(balances_[user.value] >= 0);
  }

  void act_after() {
    const auto what = pick(12);
    if (what < 4) {
      deliver_to_new();
    } else if (what < 6) {
      begin_new();
    } else if (what < 8) {
      settle_new();
    } else if (is_old_dead_) {
      // The dead process books nothing and hears nothing any more.
    } else if (what < 9) {
      to_new_.push_back({Kind::kReserve, {next_id(0), {any_account()}, {pick(300)}}});
    } else if (what < 11) {
      deliver_to_old();
    } else {
      settle_old();
    }
  }

  void begin_new() {
    auto hold = new_.reserve(next_id(1), {any_account()}, {pick(300)});
    if (!hold) return;
    new_requests_.push_back({*hold});
    true_holds_[hold->request_id] = *hold;
  }

  void settle_new() {
    if (new_requests_.empty()) return;
    const auto index = static_cast<size_t>(pick(new_requests_.size()));
    Hold hold = new_requests_[index].hold;
    new_requests_.erase(new_requests_.begin() + static_cast<ptrdiff_t>(index));
    const Money cost{pick(static_cast<uint64_t>(hold.amount.nanos) + 40)};
    const auto charge = new_.fix_charge(hold, cost);
    charge_durably(hold.user_id, charge.charged);
    new_.set_balance(hold.user_id, {balances_[hold.user_id.value]});
    new_.committed(hold);
    true_holds_.erase(hold.request_id);
  }

  void deliver_to_new() {
    if (to_new_.empty()) return;
    Message message = to_new_.front();
    to_new_.pop_front();
    const Hold& hold = message.hold;
    if (message.kind == Kind::kReserve) {
      const auto granted = foreign_.reserve(hold.request_id, hold.user_id, hold.amount);
      to_old_.push_back({granted ? Kind::kGranted : Kind::kRefused, granted ? *granted : hold});
      if (granted && !is_old_dead_) true_holds_[hold.request_id] = *granted;
    } else if (message.kind == Kind::kFix) {
      const auto charge = must(foreign_.fix_charge(hold.request_id, hold.amount));
      to_old_.push_back({Kind::kFixed, {hold.request_id, hold.user_id, charge.charged}});
      if (!is_old_dead_) {
        true_holds_[hold.request_id] = {hold.request_id, hold.user_id, charge.charged};
      }
    } else {
      new_.put_account(account(hold.user_id.value, balances_[hold.user_id.value]));
      foreign_.release({hold.request_id});
    }
  }

  void deliver_to_old() {
    if (to_old_.empty()) return;
    const Message message = to_old_.front();
    to_old_.pop_front();
    if (message.kind == Kind::kGranted) {
      must(old_.adopt(message.hold));
      old_requests_.push_back({message.hold});
    } else if (message.kind == Kind::kFixed) {
      charge_durably(message.hold.user_id, message.hold.amount);
      true_holds_.erase(message.hold.request_id);
      to_new_.push_back({Kind::kEnded, message.hold});
    }
  }

  // Together they have never promised more than there is.
  void check() {
    std::map<int64_t, int64_t> held;
    if (is_old_dead_) {
      std::erase_if(true_holds_, [](const auto& each) { return lane_of(each.first) == 0; });
    }
    for (const auto& [id, hold] : true_holds_) held[hold.user_id.value] += hold.amount.nanos;
    for (const auto& [id, sum] : held) REQUIRE(sum <= balances_[id]);
    for (const auto& [id, balance] : balances_) {
      REQUIRE(new_.available({id}).nanos <= balance - held[id]);
    }
  }

  void finish() {
    while (!is_old_dead_ && !(old_requests_.empty() && to_new_.empty() && to_old_.empty())) {
      settle_old();
      deliver_to_new();
      deliver_to_old();
      check();
    }
    while (!to_new_.empty()) deliver_to_new();  // what the dead one had sent
    while (!new_requests_.empty()) settle_new();
    if (is_old_dead_) {
      for (const auto& [id, balance] : balances_) new_.put_account(account(id, balance));
      std::vector<RequestId> left;
      for (const auto& hold : foreign_.open()) left.push_back(hold.request_id);
      foreign_.release(left);
    }
    REQUIRE(foreign_.open().empty());
    REQUIRE(new_.open_holds() == 0);
    for (const auto& [id, balance] : balances_) REQUIRE(new_.available({id}) == Money{balance});
  }

  std::mt19937_64 random_;
  std::map<int64_t, int64_t> balances_;
  std::map<RequestId, Hold> true_holds_;
  std::set<int64_t> charged_;
  int64_t serial_ = 0;
  bool has_loaded_ = false;
  bool is_handed_over_ = false;
  bool is_old_dead_ = false;

  Ledger old_;
  Ledger new_;
  ForeignHolds foreign_{new_};
  std::vector<Request> old_requests_;
  std::vector<Request> new_requests_;
  std::deque<Message> to_new_;
  std::deque<Message> to_old_;
};

TEST_CASE("two processes never spend more than there is", "[takeover]") {
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    INFO("seed " << seed);
    TwoProcesses(seed).run();
  }
}

}  // namespace
}  // namespace chatgate
