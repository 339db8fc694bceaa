#pragma once

#include "cli/context.h"

namespace chatgate {

struct ConfigShowOptions {};

// Every key, its value and where it came from, secrets masked.
Result<void> run_config_show(const ConfigShowOptions& options, Context& context);

}  // namespace chatgate
