#include "server/metrics/book_metrics.h"

#include <limits>
#include <utility>

#include "server/metrics/door_names.h"

namespace chatgate {
namespace {

constexpr size_t kNoModel = 0;
constexpr size_t kOtherModel = 1;
constexpr Money kMost{std::numeric_limits<int64_t>::max()};

void add(Money& sum, Money amount) { sum = checked_add(sum, amount).value_or(kMost); }

}  // namespace

BookMetrics::BookMetrics(IsKnownModel is_known_model) : is_known_model_(std::move(is_known_model)) {
  booked_.models = {"none", "other"};
  booked_.tokens.resize(booked_.models.size());
}

void BookMetrics::count_booked(const std::vector<const Settlement*>& settlements) {
  const std::lock_guard lock(mutex_);
  for (const auto* settlement : settlements) count(*settlement);
}

void BookMetrics::count(const Settlement& settlement) {
  const UsageRecord& record = *settlement.usage;
  const size_t model = model_index(record);
  ++booked_.requests[{door_index(settlement.door), model, record.status}];
  if (record.estimated) ++booked_.estimated;
  Tokens& tokens = booked_.tokens[model];
  tokens.prompt += record.usage.prompt;
  tokens.cached_prompt += record.usage.cached_prompt;
  tokens.completion += record.usage.completion;
  tokens.reasoning_completion += record.usage.reasoning_completion;
  if (record.cost.is_zero() && record.written_off.is_zero()) return;
  std::pair key{model, settlement.unit.code};
  const bool is_full = booked_.costs.size() >= kModelsMax * kUnitsMax;
  if (is_full && booked_.costs.count(key) == 0) key = {kOtherModel, "other"};
  Costs& costs = booked_.costs[std::move(key)];
  add(costs.charged, record.cost);
  add(costs.written_off, record.written_off);
}

size_t BookMetrics::model_index(const UsageRecord& record) {
  if (record.model.empty()) return kNoModel;
  const auto known = index_.find(record.model);
  if (known != index_.end()) return known->second;
  const bool has_price = record.price_id.value != 0 || is_known_model_(record.model);
  if (!has_price || index_.size() >= kModelsMax) return kOtherModel;
  const size_t fresh = booked_.models.size();
  booked_.models.push_back(record.model);
  booked_.tokens.emplace_back();
  index_.emplace(record.model, fresh);
  return fresh;
}

void BookMetrics::count_commit(int64_t elapsed_ns, size_t settlements, bool is_durable) {
  commit_ns.observe(elapsed_ns);
  if (!is_durable) {
    failed_commits.add();
  } else if (settlements > 0) {
    group_settlements.observe(static_cast<int64_t>(settlements));
  }
}

BookMetrics::Booked BookMetrics::read() const {
  const std::lock_guard lock(mutex_);
  return booked_;
}

}  // namespace chatgate
