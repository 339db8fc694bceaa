#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserRenameOptions {
  std::string name;
  std::string new_name;
};

// Its history stays. Prints the account.
Result<void> run_user_rename(const UserRenameOptions& options, Context& context);

}  // namespace chatgate
