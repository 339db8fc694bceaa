// Measures one request from its head to the end of its answer. Part of a connection, on its loop's
// thread.
#pragma once

#include <string_view>

#include "server/metrics/loop_metrics.h"
#include "server/metrics/stopwatch.h"

namespace chatgate {

struct RequestMeter {
  std::string_view door;  // static text; empty where none leads
  int status = 0;         // 0: nothing was answered yet

  // Null: this listener's requests are not counted.
  void begin(LoopMetrics* metrics) {
    metrics_ = metrics;
    door = {};
    status = 0;
    if (metrics_ != nullptr) watch_ = Stopwatch();
  }
  void end() {
    if (metrics_ != nullptr) metrics_->count_request(door, status, watch_.elapsed_ns());
    metrics_ = nullptr;
  }

 private:
  LoopMetrics* metrics_ = nullptr;
  Stopwatch watch_;
};

}  // namespace chatgate
