#pragma once

#include <cstdint>

#include "cli/context.h"
#include "cli/usage/usage_filter.h"

namespace chatgate {

struct UsageTailOptions {
  UsageFilterOptions filter;
  int64_t lines = 10;
  bool follow = false;
};

Result<void> run_usage_tail(const UsageTailOptions& options, Context& context);

}  // namespace chatgate
