#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserUnarchiveOptions {
  std::string name;
};

// Prints the account, which is in the list again and not blocked.
Result<void> run_user_unarchive(const UserUnarchiveOptions& options, Context& context);

}  // namespace chatgate
