#pragma once

#include "cli/context.h"

namespace chatgate {

struct InflightListOptions {};

Result<void> run_inflight_list(const InflightListOptions& options, Context& context);

}  // namespace chatgate
