#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct DbPruneOptions {
  std::string older_than;  // "13mo"
  bool dry_run = false;
  bool yes = false;
};

// Asks first. Prints the rows and days that are gone, and the bytes they leave free; kInterrupted
// when it was stopped before its end, with everything in order.
Result<void> run_db_prune(const DbPruneOptions& options, Context& context);

}  // namespace chatgate
