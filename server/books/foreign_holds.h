// The holds of another process that serves the same database: the one whose place this process has
// taken, while it finishes what it had begun. They stand in this process's ledger like its own, so
// that both together never reserve more than there is. Safe from any thread.
//
// What such a request is charged, the other process books by itself. Its hold must stay here until
// the charge is in the balance that this process knows: so an account is read anew from the store
// before the hold is released, and never shows too much in between.
#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "common/ledger/ledger.h"

namespace chatgate {

class ForeignHolds {
 public:
  explicit ForeignHolds(Ledger& ledger) : ledger_(ledger) {}
  ForeignHolds(const ForeignHolds&) = delete;
  ForeignHolds& operator=(const ForeignHolds&) = delete;

  // One that the other process had granted by itself, before this one decided.
  Result<void> adopt(const Hold& hold);
  // As Ledger::reserve, for a request of the other process. kRefused for an id that has a hold.
  Result<Hold> reserve(RequestId request, UserId user, Money amount);
  // As Ledger::fix_charge. kNotFound for a request that has no hold here.
  Result<Charge> fix_charge(RequestId request, Money cost);
  // The requests are over; those that are not known are passed over. REQUIRES: their accounts have
  // been read from the store since the other process has settled them.
  void release(const std::vector<RequestId>& requests);

  std::vector<Hold> open() const;

 private:
  Ledger& ledger_;
  mutable std::mutex mutex_;
  std::unordered_map<RequestId, Hold> holds_;
};

}  // namespace chatgate
