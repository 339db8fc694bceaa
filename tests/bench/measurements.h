// Collects durations and prints results as one flat JSON object, which `run` picks apart.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "support.h"

namespace bench {

// Keeps every value: a run has a few million at the most, and no bucket blurs the far end.
class Durations {
 public:
  void add(int64_t nanos) {
    values_.push_back(nanos);
    is_sorted_ = false;
  }

  size_t count() const { return values_.size(); }

  // The nearest-rank percentile in microseconds; 0 when nothing was measured.
  double percentile_us(double percent) {
    if (values_.empty()) return 0;
    if (!is_sorted_) std::sort(values_.begin(), values_.end());
    is_sorted_ = true;
    const double rank = percent / 100 * static_cast<double>(values_.size());
    const size_t index = std::min(static_cast<size_t>(rank), values_.size() - 1);
    return static_cast<double>(values_[index]) / kNanosPerMicro;
  }

 private:
  std::vector<int64_t> values_;
  bool is_sorted_ = false;
};

class JsonLine {
 public:
  void add(const std::string& name, double value, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    fields_ += (fields_.empty() ? "\"" : ", \"") + name + "\": " + text;
  }

  void add(const std::string& name, size_t value) { add(name, static_cast<double>(value), 0); }

  void add_percentiles(const std::string& name, Durations& durations) {
    add(name + "p50_us", durations.percentile_us(50), 1);
    add(name + "p99_us", durations.percentile_us(99), 1);
    add(name + "p999_us", durations.percentile_us(99.9), 1);
    add(name + "max_us", durations.percentile_us(100), 1);
  }

  void print() const { std::printf("{%s}\n", fields_.c_str()); }

 private:
  std::string fields_;
};

// Says the first few failures on standard error and counts the rest.
class Failures {
 public:
  void add(const std::string& reason) {
    if (++count_ <= 3) std::fprintf(stderr, "bench: failure: %s\n", reason.c_str());
  }

  size_t count() const { return count_; }

 private:
  size_t count_ = 0;
};

}  // namespace bench
