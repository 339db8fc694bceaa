#include "server/metrics/loop_metrics.h"

namespace chatgate {

LoopMetrics::~LoopMetrics() {
  for (auto& slot : upstreams_) delete slot.load(std::memory_order_relaxed);
}

void LoopMetrics::count_request(std::string_view door_name, int status, int64_t elapsed_ns) {
  const size_t door = door_index(door_name);
  durations_.at(door).observe(elapsed_ns);
  const size_t used = statuses_used_.load(std::memory_order_relaxed);
  size_t i = 0;
  while (i < used && (statuses_.at(i).door != door || statuses_.at(i).status != status)) ++i;
  if (i == used && used < kStatusesMax) {
    const bool is_last = used == kStatusesMax - 1;
    statuses_.at(i).door = is_last ? kDoorNames.size() - 1 : door;
    statuses_.at(i).status = is_last ? -1 : status;
    statuses_used_.store(used + 1, std::memory_order_release);
  }
  statuses_.at(std::min(i, kStatusesMax - 1)).requests.add();
}

void LoopMetrics::count_refusal(std::string_view door, ErrorCode code) {
  refusals.at(door_index(door)).at(static_cast<size_t>(code)).add();
}

UpstreamMetrics& LoopMetrics::upstream(std::string_view name) {
  for (size_t i = 0; i < kUpstreamsMax; ++i) {
    auto* known = upstreams_.at(i).load(std::memory_order_relaxed);
    const bool is_last = i == kUpstreamsMax - 1;
    if (known == nullptr) {
      known = new UpstreamMetrics(is_last ? "other" : std::string(name));
      upstreams_.at(i).store(known, std::memory_order_release);
    }
    if (known->name == name || is_last) return *known;
  }
  return *upstreams_.back().load(std::memory_order_relaxed);  // never reached
}

}  // namespace chatgate
