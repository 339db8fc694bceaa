#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct TokenShowOptions {
  std::string token;  // its id, a prefix that is unique, or all of it
};

Result<void> run_token_show(const TokenShowOptions& options, Context& context);

}  // namespace chatgate
