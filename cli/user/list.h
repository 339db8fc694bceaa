#pragma once

#include "cli/context.h"

namespace chatgate {

struct UserListOptions {
  bool archived = false;  // these instead of the others
};

Result<void> run_user_list(const UserListOptions& options, Context& context);

}  // namespace chatgate
