#include "common/billing/reconciliation.h"

#include <algorithm>
#include <limits>
#include <set>

namespace chatgate {
namespace {

std::set<std::string> models_of(const UsageLines& lines) {
  std::set<std::string> models;
  for (const auto& [line, sums] : lines) models.insert(line.model);
  return models;
}

bool within(int64_t a, int64_t b, int64_t tolerance) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(std::max(a, b), std::min(a, b), &difference)) return false;
  return difference <= tolerance;
}

// '#' stands for a digit.
bool has_shape(std::string_view text, std::string_view shape) {
  return std::ranges::equal(text, shape, [](char c, char wanted) {
    return wanted == '#' ? c >= '0' && c <= '9' : c == wanted;
  });
}

}  // namespace

std::vector<Comparison> compare_usage(const UsageLines& ours, const UsageLines& theirs,
                                      const std::array<bool, kMeasureCount>& measures,
                                      int64_t cost_tolerance_nanos) {
  std::set<DayModel> keys;
  for (const auto& [line, sums] : ours) keys.insert(line);
  for (const auto& [line, sums] : theirs) keys.insert(line);
  const auto sums_of = [](const UsageLines& lines, const DayModel& line) {
    const auto found = lines.find(line);
    return found == lines.end() ? MeasureSums{} : found->second;
  };
  std::vector<Comparison> result;
  for (const auto& line : keys) {
    const MeasureSums our_sums = sums_of(ours, line);
    const MeasureSums their_sums = sums_of(theirs, line);
    for (size_t i = 0; i < kMeasureCount; ++i) {
      if (!measures[i]) continue;
      const auto measure = static_cast<Measure>(i);
      const int64_t tolerance = measure == Measure::kCost ? cost_tolerance_nanos : 0;
      result.push_back({line, measure, our_sums[i], their_sums[i],
                        within(our_sums[i], their_sums[i], tolerance)});
    }
  }
  return result;
}

std::string_view without_snapshot_date(std::string_view model) {
  for (const std::string_view shape : {"-####-##-##", "-########", "-####"}) {
    if (model.size() > shape.size() &&
        has_shape(model.substr(model.size() - shape.size()), shape)) {
      return model.substr(0, model.size() - shape.size());
    }
  }
  return model;
}

UsageLines with_snapshots_joined(const UsageLines& lines) {
  UsageLines joined;
  for (const auto& [line, sums] : lines) {
    MeasureSums& sum = joined[{line.day, std::string(without_snapshot_date(line.model))}];
    for (size_t i = 0; i < kMeasureCount; ++i) {
      // At the end of 64 bits a sum stays; it differs from any real one.
      if (__builtin_add_overflow(sum[i], sums[i], &sum[i])) {
        sum[i] = std::numeric_limits<int64_t>::max();
      }
    }
  }
  return joined;
}

std::vector<LikelySnapshot> likely_snapshots(const UsageLines& ours, const UsageLines& theirs) {
  const auto our_models = models_of(ours);
  std::vector<LikelySnapshot> found;
  for (const auto& snapshot : models_of(theirs)) {
    const std::string model(without_snapshot_date(snapshot));
    if (model == snapshot || our_models.contains(snapshot) || !our_models.contains(model)) continue;
    found.push_back({model, snapshot});
  }
  return found;
}

}  // namespace chatgate
