#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserRechargeOptions {
  std::string name;
  std::string amount;
  std::string note;
  std::string idempotency_key;
  bool adjust = false;
};

// Prints the ledger's entry; a repeated idempotency key books nothing and prints the first one.
Result<void> run_user_recharge(const UserRechargeOptions& options, Context& context);

}  // namespace chatgate
