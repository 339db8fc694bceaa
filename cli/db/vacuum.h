#pragma once

#include "cli/context.h"

namespace chatgate {

struct DbVacuumOptions {};

// Prints the size before and after. kRefused while a gateway serves the database.
Result<void> run_db_vacuum(const DbVacuumOptions& options, Context& context);

}  // namespace chatgate
