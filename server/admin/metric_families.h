// Builds the families of a scrape for prometheus-cpp, one call for each family. Plain values; used
// on the thread that renders.
#pragma once

#include <prometheus/metric_family.h>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/domain/money.h"
#include "server/metrics/values.h"

namespace chatgate {

using MetricLabels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// One family under way. `divisor` turns what is counted into the family's unit: 1e9 for
// nanoseconds.
class FamilyBuilder {
 public:
  explicit FamilyBuilder(prometheus::MetricFamily& family) : family_(family) {}

  FamilyBuilder& add(MetricLabels labels, int64_t value) {
    return add_number(labels, static_cast<double>(value));
  }
  FamilyBuilder& add_number(MetricLabels labels, double value);
  // The one place where money becomes a floating point number: on its way out, to be looked at.
  FamilyBuilder& add_money(MetricLabels labels, Money amount, const Unit& unit);
  FamilyBuilder& add_histogram(MetricLabels labels, std::span<const int64_t> bounds,
                               const HistogramCounts& counts, double divisor);

 private:
  prometheus::ClientMetric& begin(MetricLabels labels);

  prometheus::MetricFamily& family_;
};

class FamilyList {
 public:
  FamilyBuilder counter(std::string name, std::string help);
  FamilyBuilder gauge(std::string name, std::string help);
  FamilyBuilder histogram(std::string name, std::string help);

  // All of them, those without a sample too: what there can be is there to be seen.
  std::vector<prometheus::MetricFamily> take();

 private:
  FamilyBuilder begin(std::string name, std::string help, prometheus::MetricType type);

  // Builders point into these.
  std::vector<std::unique_ptr<prometheus::MetricFamily>> families_;
};

}  // namespace chatgate
