#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct InflightKillOptions {
  std::string id;
};

Result<void> run_inflight_kill(const InflightKillOptions& options, Context& context);

}  // namespace chatgate
