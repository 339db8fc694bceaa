// A provider's own account of what was used, summed for each day (UTC) and model: JSON of OpenAI's
// usage and costs endpoints (pages of buckets, or a list of such pages), the tables that its
// dashboard exports, and what `chatgate usage report --by day,model` prints. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/progress.h"
#include "common/result.h"

namespace chatgate {

inline constexpr int64_t kProviderUsageBytesMax = 128 << 20;

enum class Measure : uint8_t { kRequests, kPrompt, kCached, kCompletion, kCost };
inline constexpr size_t kMeasureCount = 5;
std::string_view name_of(Measure measure);  // "requests", "prompt_tokens", ...

// One number for each measure; costs in 1e-9 of the currency.
using MeasureSums = std::array<int64_t, kMeasureCount>;

// Days since 1970-01-01; an empty model where a file names none.
struct DayModel {
  int64_t day = 0;
  std::string model;
  auto operator<=>(const DayModel&) const = default;
};
using UsageLines = std::map<DayModel, MeasureSums>;

struct ProviderUsage {
  UsageLines lines;
  std::array<bool, kMeasureCount> has{};  // which measures the file tells
  bool has_models = false;
  std::optional<int64_t> first_day;  // that the file speaks of, be it of no use at all
  std::optional<int64_t> last_day;
  bool has_more = false;               // it says that further pages exist
  int64_t amounts_rounded = 0;         // finer than 1e-9, rounded half to even
  int64_t amounts_in_other_units = 0;  // not in `currency`, and so not in any sum
};

// Costs are taken in `currency` alone, which is also that of costs without one. kInvalidArgument,
// with line and column or the entry at fault, for what cannot be read or told apart by day.
Result<ProviderUsage> read_provider_usage(std::string_view text, std::string_view currency,
                                          const ProgressReport& report = {});

}  // namespace chatgate
