#pragma once

#include <string>
#include <vector>

#include "cli/context.h"

namespace chatgate {

struct UsageReportOptions {
  std::string since = "30d";
  std::string until;  // not included; empty: now
  std::vector<std::string> by{"user", "model"};
  std::string user;
  std::string model;
};

Result<void> run_usage_report(const UsageReportOptions& options, Context& context);

}  // namespace chatgate
