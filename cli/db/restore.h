#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct DbRestoreOptions {
  std::string file;
  bool discard = false;  // keep no copy of what is replaced
  bool yes = false;
};

// Asks first. Prints the database and where its old content is.
Result<void> run_db_restore(const DbRestoreOptions& options, Context& context);

}  // namespace chatgate
