#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct TokenRevokeOptions {
  std::string token;          // its id, a prefix that is unique, or all of it
  bool is_confirmed = false;  // nothing is asked
};

// Prints the token's row. One that was revoked before keeps its time and is no error.
Result<void> run_token_revoke(const TokenRevokeOptions& options, Context& context);

}  // namespace chatgate
