#pragma once

#include "cli/context.h"
#include "cli/usage/usage_filter.h"

namespace chatgate {

struct UsageExportOptions {
  UsageFilterOptions filter;
};

Result<void> run_usage_export(const UsageExportOptions& options, Context& context);

}  // namespace chatgate
