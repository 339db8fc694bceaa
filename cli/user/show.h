#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserShowOptions {
  std::string name;
};

Result<void> run_user_show(const UserShowOptions& options, Context& context);

}  // namespace chatgate
