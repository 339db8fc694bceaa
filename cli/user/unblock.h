#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserUnblockOptions {
  std::string name;
};

// Prints the account. kRefused for an archived one.
Result<void> run_user_unblock(const UserUnblockOptions& options, Context& context);

}  // namespace chatgate
