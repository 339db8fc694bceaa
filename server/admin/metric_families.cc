#include "server/admin/metric_families.h"

namespace chatgate {

prometheus::ClientMetric& FamilyBuilder::begin(MetricLabels labels) {
  auto& metric = family_.metric.emplace_back();
  for (const auto& [name, value] : labels) {
    metric.label.push_back({std::string(name), std::string(value)});
  }
  return metric;
}

FamilyBuilder& FamilyBuilder::add_number(MetricLabels labels, double value) {
  auto& metric = begin(labels);
  if (family_.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return *this;
}

FamilyBuilder& FamilyBuilder::add_money(MetricLabels labels, Money amount, const Unit& unit) {
  const auto smallest_parts = static_cast<double>(amount.nanos);
  return add_number(labels, unit.is_tokens() ? smallest_parts : smallest_parts / 1e9);
}

FamilyBuilder& FamilyBuilder::add_histogram(MetricLabels labels, std::span<const int64_t> bounds,
                                            const HistogramCounts& counts, double divisor) {
  auto& histogram = begin(labels).histogram;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < bounds.size(); ++i) {
    cumulative += static_cast<uint64_t>(counts.counts.at(i));
    histogram.bucket.push_back({cumulative, static_cast<double>(bounds[i]) / divisor});
  }
  histogram.sample_count = cumulative + static_cast<uint64_t>(counts.counts.at(bounds.size()));
  histogram.sample_sum = static_cast<double>(counts.sum) / divisor;
  return *this;
}

FamilyBuilder FamilyList::counter(std::string name, std::string help) {
  return begin(std::move(name), std::move(help), prometheus::MetricType::Counter);
}

FamilyBuilder FamilyList::gauge(std::string name, std::string help) {
  return begin(std::move(name), std::move(help), prometheus::MetricType::Gauge);
}

FamilyBuilder FamilyList::histogram(std::string name, std::string help) {
  return begin(std::move(name), std::move(help), prometheus::MetricType::Histogram);
}

FamilyBuilder FamilyList::begin(std::string name, std::string help, prometheus::MetricType type) {
  auto& family = *families_.emplace_back(std::make_unique<prometheus::MetricFamily>());
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return FamilyBuilder(family);
}

std::vector<prometheus::MetricFamily> FamilyList::take() {
  std::vector<prometheus::MetricFamily> taken;
  for (auto& family : families_) taken.push_back(std::move(*family));
  families_.clear();
  return taken;
}

}  // namespace chatgate
