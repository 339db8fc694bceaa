#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserLimitOptions {
  std::string name;
  std::string requests_per_minute;  // a count; 0: unlimited; empty: as it is; here and below
  std::string tokens_per_minute;
  std::string parallel_requests;
  bool none = false;  // ends all three
};

// Prints the limits then in force, which all of the account's tokens share.
Result<void> run_user_limit(const UserLimitOptions& options, Context& context);

}  // namespace chatgate
