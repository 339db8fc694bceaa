#pragma once

#include "cli/context.h"

namespace chatgate {

struct DbMigrateOptions {
  bool dry_run = false;
};

// Prints from which version to which.
Result<void> run_db_migrate(const DbMigrateOptions& options, Context& context);

}  // namespace chatgate
