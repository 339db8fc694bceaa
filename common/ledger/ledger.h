// Balances and budgets in memory: decides within nanoseconds whether a request may start, and is
// the only place that does. Durability is the writer's part (server/pipeline hands settlements to
// it and tells the result here). Safe from any thread; each call locks one account.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/domain/ids.h"
#include "common/domain/money.h"
#include "common/domain/usage_record.h"
#include "common/domain/user.h"
#include "common/result.h"

namespace chatgate {

// How much of a cost is charged, and how much the balance could not bear.
struct Charge {
  Money charged;
  Money written_off;
};

// What an account has been charged on the days since `first_day`, as committed in the store.
struct Spending {
  int64_t first_day = 0;
  std::vector<DailyCharge> charges;
};

class Ledger {
 public:
  // Learns an account or its new state (balance as committed in the store). Keeps open holds. An
  // account with a budget comes with its spending since the start of the period before this one, so
  // that requests which began in that one are judged as well.
  // REQUIRES: no charge is between its commit in the store and `committed` (both are the writer's).
  void put_account(const User& user, const Spending& spending = {});

  // Reserves `amount` (>= 0). kInsufficientQuota when balance less open holds is smaller; its
  // message tells "reserved by concurrent requests" from "used up". The same when a budget has less
  // left in the period of the request's id, which is the one that it will be charged in. An
  // unmetered account without a budget is never refused and reserves nothing (the returned hold's
  // amount is 0).
  Result<Hold> reserve(RequestId request, UserId user, Money amount);

  // Holds what another process's ledger has granted, whether this one would have or not: from then
  // on it is a hold like any other. kNotFound for an account that is not known here.
  Result<void> adopt(const Hold& hold);

  // Whether reserve() would do so at this moment.
  bool could_reserve(RequestId request, UserId user, Money amount) const;

  // Fixes what a finished request is charged, and keeps that much reserved until `committed`.
  // A cost beyond the hold takes what is free of the balance; the rest is written off, so that a
  // metered balance never falls below zero. Updates hold.amount to what is now reserved.
  Charge fix_charge(Hold& hold, Money cost);

  // The same while another process's ledger decides over what is free of a metered balance: nothing
  // is taken of it.
  Charge fix_charge_within_hold(Hold& hold, Money cost);
  // What a hold reserves becomes `amount`: the charge that the other ledger has fixed.
  void change_hold(Hold& hold, Money amount);

  // The hold is over and its reservation goes: its charge is durable, or there is none. One of the
  // two, exactly once for each hold; the store's new balance is told by set_balance, just before.
  void committed(const Hold& hold);
  void released(const Hold& hold);
  void set_balance(UserId user, Money balance);

  Money available(UserId user) const;           // balance less open holds
  Money spent(UserId user, int64_t day) const;  // of the budget's period that the day belongs to
  int64_t open_holds() const;
  // What is held of all accounts together, by unit.
  std::map<std::string, Money> held_by_unit() const;

 private:
  // A day's part of an account. What is held counts for the day of its request; what is spent is
  // known for accounts with a budget alone. Days are kept apart, for they are what every period is
  // made of: so a budget may be set, changed and renewed while requests run.
  struct Day {
    int64_t day = 0;
    Money spent;
    Money held;
  };
  struct Account {
    mutable std::mutex mutex;
    Unit unit;
    std::atomic<int64_t>* held_of_unit = nullptr;  // of all accounts with this one's unit
    Money balance;
    Money held;
    int64_t holds = 0;
    bool unmetered = false;
    std::optional<Budget> budget;
    int64_t first_day = 0;  // what is spent is known from here on
    std::vector<Day> days;  // in order; without a budget those alone on which something is held
  };
  Account* find(UserId user) const;
  static Day& day_in(Account& account, int64_t day);
  void learn_unit(Account& account, const Unit& unit);
  static void learn_spending(Account& account, const User& user, const Spending& spending);
  static Result<void> check(const Account& account, RequestId request, Money amount);
  static Result<void> check_balance(const Account& account, Money amount);
  static Result<void> check_budget(const Account& account, RequestId request, Money amount);
  static void change_held(Account& account, const Hold& hold, Money amount);
  Charge fix(Hold& hold, Money cost, bool may_exceed);
  void end(const Hold& hold, bool is_charged);

  mutable std::shared_mutex accounts_mutex_;
  std::unordered_map<UserId, std::unique_ptr<Account>> accounts_;
  std::atomic<int64_t> open_holds_{0};
  mutable std::mutex units_mutex_;  // taken last
  std::map<std::string, std::atomic<int64_t>> held_by_unit_;
};

}  // namespace chatgate
