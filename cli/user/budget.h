#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserBudgetOptions {
  std::string name;
  std::string limit;  // in the account's unit; empty: the budget stays as it is
  std::string every;  // day, week or month; stands with `limit`
  bool none = false;  // ends the budget
};

// Prints the budget then in force, what of it is spent in the running period, and when it renews.
Result<void> run_user_budget(const UserBudgetOptions& options, Context& context);

}  // namespace chatgate
