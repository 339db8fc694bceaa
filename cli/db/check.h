#pragma once

#include "cli/context.h"

namespace chatgate {

struct DbCheckOptions {};

// Prints what is known at once, then what the check has found; kInternal (exit status 1) when that
// is anything.
Result<void> run_db_check(const DbCheckOptions& options, Context& context);

}  // namespace chatgate
