#pragma once

#include "cli/context.h"

namespace chatgate {

struct UserListOptions {};

Result<void> run_user_list(const UserListOptions& options, Context& context);

}  // namespace chatgate
