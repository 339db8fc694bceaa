#pragma once

#include "cli/context.h"

namespace chatgate {

struct DbInitOptions {};

// kAlreadyExists when there is a database.
Result<void> run_db_init(const DbInitOptions& options, Context& context);

}  // namespace chatgate
