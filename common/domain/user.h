// An account: who pays, in which unit, and what is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/domain/ids.h"
#include "common/domain/money.h"

namespace chatgate {

// The most that an account may spend in each day, week (from Monday) or month, all of UTC.
enum class BudgetPeriod : uint8_t { kDay, kWeek, kMonth };
struct Budget {
  Money limit;
  BudgetPeriod period = BudgetPeriod::kMonth;
  bool operator==(const Budget&) const = default;
};

struct User {
  UserId id;
  std::string name;  // unique; 1 to 64 of letters, digits and . _ - @
  Unit unit;
  Money balance;           // sum of credits less sum of usage costs
  bool unmetered = false;  // never refused for its balance, recorded all the same
  bool blocked = false;
  std::string note;
  Timestamp created_at;
  std::optional<Timestamp> archived_at;  // blocked for good; its name and history stay
  std::optional<Budget> budget;
};

}  // namespace chatgate
