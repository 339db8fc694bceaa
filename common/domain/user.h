// An account: who pays, in which unit, and what is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/domain/ids.h"
#include "common/domain/money.h"
#include "common/result.h"

namespace chatgate {

// The most that an account may spend in each day, week (from Monday) or month, all of UTC.
enum class BudgetPeriod : uint8_t { kDay, kWeek, kMonth };
struct Budget {
  Money limit;
  BudgetPeriod period = BudgetPeriod::kMonth;
  bool operator==(const Budget&) const = default;
};

// "day", "week", "month".
std::string_view name_of(BudgetPeriod period);
Result<BudgetPeriod> parse_budget_period(std::string_view text);

// The period that a day belongs to: its days, the last one exclusive.
struct BudgetDays {
  int64_t first = 0;
  int64_t end = 0;
  bool contains(int64_t day) const { return first <= day && day < end; }
};
BudgetDays days_around(BudgetPeriod period, int64_t day);

// What all of an account's tokens together may do. 0: unlimited.
struct RequestLimits {
  int64_t requests_per_minute = 0;
  int64_t tokens_per_minute = 0;
  int64_t parallel_requests = 0;
  bool operator==(const RequestLimits&) const = default;
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
  std::optional<Timestamp> archived_at;  // refused; its name and history stay
  std::optional<Budget> budget;
  RequestLimits limits;
  std::string model_settings;  // a JSON object, of the doors whose users choose; empty: none
  std::string password_hash;   // Argon2id, of common/secrets; empty: none. Never shown.
};

// kInvalidArgument, with the rule, for what is no name of an account.
Result<void> check_user_name(std::string_view name);

}  // namespace chatgate
