// Who decides whether a request may start: this process's ledger, or, once a new version has taken
// over, the ledger of the process that serves the database now. The pipeline asks here and does not
// know which. From any coroutine; an answer from elsewhere is waited for without blocking the loop.
#pragma once

#include <atomic>

#include "common/ledger/ledger.h"

namespace chatgate {

class Reservations {
 public:
  // A ledger that is not this process's. Its answers mean what Ledger's do; kOverloaded when none
  // comes. What it grants is held in this process's ledger as well. REQUIRES: inside a coroutine.
  class Elsewhere {
   public:
    virtual ~Elsewhere() = default;
    virtual Result<Hold> reserve(RequestId request, UserId user, Money amount) = 0;
    virtual bool could_reserve(RequestId request, UserId user, Money amount) = 0;
    virtual Money available(UserId user) = 0;
    virtual Charge fix_charge(Hold& hold, Money cost) = 0;
  };

  explicit Reservations(Ledger& ledger) : ledger_(ledger) {}

  // As the Ledger's functions of these names. REQUIRES: inside a coroutine.
  Result<Hold> reserve(RequestId request, UserId user, Money amount) {
    if (auto* elsewhere = elsewhere_.load()) [[unlikely]] {
      return elsewhere->reserve(request, user, amount);
    }
    return ledger_.reserve(request, user, amount);
  }
  bool could_reserve(RequestId request, UserId user, Money amount) {
    if (auto* elsewhere = elsewhere_.load()) [[unlikely]] {
      return elsewhere->could_reserve(request, user, amount);
    }
    return ledger_.could_reserve(request, user, amount);
  }
  Money available(UserId user) {
    if (auto* elsewhere = elsewhere_.load()) [[unlikely]]
      return elsewhere->available(user);
    return ledger_.available(user);
  }
  // A cost within the hold needs no answer from anybody.
  Charge fix_charge(Hold& hold, Money cost) {
    auto* elsewhere = cost > hold.amount ? elsewhere_.load() : nullptr;
    return elsewhere != nullptr ? elsewhere->fix_charge(hold, cost)
                                : ledger_.fix_charge(hold, cost);
  }
  // The same from anywhere, without waiting: what is decided elsewhere bears no more than the hold,
  // and the rest is written off.
  Charge fix_charge_now(Hold& hold, Money cost) {
    const bool is_decided_here = cost <= hold.amount || elsewhere_.load() == nullptr;
    return is_decided_here ? ledger_.fix_charge(hold, cost)
                           : ledger_.fix_charge_within_hold(hold, cost);
  }

  // From now on that ledger decides, null: this process's. Any thread. What a coroutine has been
  // promised before stands, once its loop has come back from it.
  void divert(Elsewhere* elsewhere) { elsewhere_.store(elsewhere); }

 private:
  Ledger& ledger_;
  std::atomic<Elsewhere*> elsewhere_{nullptr};
};

}  // namespace chatgate
