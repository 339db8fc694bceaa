#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserPasswdOptions {
  std::string name;
};

// The password is typed twice at a terminal, else the first line of the input. Prints the account.
Result<void> run_user_passwd(const UserPasswdOptions& options, Context& context);

}  // namespace chatgate
