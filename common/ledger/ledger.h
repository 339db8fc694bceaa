// Balances in memory: decides within nanoseconds whether a request may start, and is the only
// place that does. Durability is the writer's part (server/pipeline hands settlements to it and
// tells the result here). Safe from any thread; each call locks one account.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
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

class Ledger {
 public:
  // Learns an account or its new state (balance as committed in the store). Keeps open holds.
  void put_account(const User& user);

  // Reserves `amount` (>= 0). kInsufficientQuota when balance less open holds is smaller; its
  // message tells "reserved by concurrent requests" from "used up". An unmetered account is never
  // refused and reserves nothing (the returned hold's amount is 0).
  Result<Hold> reserve(RequestId request, UserId user, Money amount);

  // Fixes what a finished request is charged, and keeps that much reserved until `committed`.
  // A cost beyond the hold takes what is free of the balance; the rest is written off, so that a
  // metered balance never falls below zero. Updates hold.amount to what is now reserved.
  Charge fix_charge(Hold& hold, Money cost);

  // The hold is over: its charge is durable, or it was released without one. Its reservation goes.
  // Exactly once for each hold; the store's new balance is told by set_balance, just before.
  void committed(const Hold& hold);
  void set_balance(UserId user, Money balance);

  Money available(UserId user) const;  // balance less open holds
  int64_t open_holds() const;

 private:
  struct Account {
    mutable std::mutex mutex;
    Unit unit;
    Money balance;
    Money held;
    int64_t holds = 0;
    bool unmetered = false;
  };
  Account* find(UserId user) const;

  mutable std::shared_mutex accounts_mutex_;
  std::unordered_map<UserId, std::unique_ptr<Account>> accounts_;
  std::atomic<int64_t> open_holds_{0};
};

}  // namespace chatgate
