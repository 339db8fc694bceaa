#pragma once

#include "cli/context.h"

namespace chatgate {

struct ConfigCheckOptions {};

// What `serve` would start with: prints the keys that differ from their defaults and, on the error
// stream, what the configuration comes to; or fails with the sentence that `serve` would fail with.
Result<void> run_config_check(const ConfigCheckOptions& options, Context& context);

}  // namespace chatgate
