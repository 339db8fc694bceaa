#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/usage/usage_filter.h"

namespace chatgate {

struct UsageReportOptions {
  UsageFilterOptions filter;
  std::string last;  // "day", "week", "month", or empty: since and until count
  std::vector<std::string> by{"user", "model"};
  std::string sort;  // empty: in order of the groups; by cost when only the top is asked for
  int64_t top = 0;   // 0: all
  bool chart = false;
};

Result<void> run_usage_report(const UsageReportOptions& options, Context& context);

}  // namespace chatgate
