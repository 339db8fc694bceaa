// Our books beside a provider's: where their sums differ. Plain values, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/billing/provider_usage.h"

namespace chatgate {

struct Comparison {
  DayModel line;
  Measure measure = Measure::kRequests;
  int64_t ours = 0;
  int64_t theirs = 0;
  bool agrees = false;  // to within the tolerance, for costs
};

// Every line of either side, in order, measure by measure; those that the file does not tell are
// left out.
std::vector<Comparison> compare_usage(const UsageLines& ours, const UsageLines& theirs,
                                      const std::array<bool, kMeasureCount>& measures,
                                      int64_t cost_tolerance_nanos);

// The model of which a name is a dated snapshot: "gpt-4o" of "gpt-4o-2024-08-06", "gpt-4" of
// "gpt-4-0613"; the name itself when it is none.
std::string_view without_snapshot_date(std::string_view model);
UsageLines with_snapshots_joined(const UsageLines& lines);

// A model of ours that the other side seems to know by its dated name only.
struct LikelySnapshot {
  std::string model;
  std::string snapshot;
};
std::vector<LikelySnapshot> likely_snapshots(const UsageLines& ours, const UsageLines& theirs);

}  // namespace chatgate
