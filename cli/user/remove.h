#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserRemoveOptions {
  std::string name;
  bool archives = false;      // it stays in the books, blocked and out of the list
  bool is_confirmed = false;  // nothing is asked
};

// Prints the account as it was, or as it is archived. kRefused while it has a history, unless it is
// to be archived.
Result<void> run_user_remove(const UserRemoveOptions& options, Context& context);

}  // namespace chatgate
