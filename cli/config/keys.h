#pragma once

#include "cli/context.h"

namespace chatgate {

struct ConfigKeysOptions {};

// The table of keys itself; its Markdown is the README's.
Result<void> run_config_keys(const ConfigKeysOptions& options, Context& context);

}  // namespace chatgate
