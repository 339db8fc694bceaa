#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct TokenRotateOptions {
  std::string token;          // its id, a prefix that is unique, or all of it
  std::string grace = "0";    // a duration for which the old one goes on
  bool is_confirmed = false;  // nothing is asked
};

// Prints the new token alone; nothing can show it again.
Result<void> run_token_rotate(const TokenRotateOptions& options, Context& context);

}  // namespace chatgate
