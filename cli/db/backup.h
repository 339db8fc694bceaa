#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct DbBackupOptions {
  std::string file;
  bool force = false;  // overwrite the file
};

// Prints the copy's facts.
Result<void> run_db_backup(const DbBackupOptions& options, Context& context);

}  // namespace chatgate
