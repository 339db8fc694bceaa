#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserBlockOptions {
  std::string name;
};

// Prints the account. One that is blocked already stays so.
Result<void> run_user_block(const UserBlockOptions& options, Context& context);

}  // namespace chatgate
