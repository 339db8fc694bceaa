#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct InflightKillOptions {
  std::string id;
  bool is_confirmed = false;  // nothing is asked
};

Result<void> run_inflight_kill(const InflightKillOptions& options, Context& context);

}  // namespace chatgate
