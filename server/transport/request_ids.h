// The identities of requests: time of arrival and a serial number in one. The transport gives one
// to each request, and to each refusal of what is none. Safe from any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "common/clock.h"
#include "common/domain/ids.h"

namespace chatgate {

class RequestIds {
 public:
  explicit RequestIds(const Clock& clock) : clock_(clock) {}

  // The ids that this process makes: see kRequestLanes. REQUIRES: before the first `next`.
  void use_lane(int64_t lane) {
    lane_ = lane;
    last_ = first_in_lane(last_.load());
  }
  int64_t lane() const { return lane_; }

  // No later id is this one or smaller: the books' last, so that a clock which was set back between
  // two runs cannot make an id that is in the books already.
  void continue_after(RequestId last) {
    const int64_t least = first_in_lane(last.value);
    int64_t previous = last_.load(std::memory_order_relaxed);
    while (previous < least && !last_.compare_exchange_weak(previous, least)) {
    }
  }
  RequestId last() const { return {last_.load(std::memory_order_relaxed)}; }

  // Greater than all before it, even when the clock steps back.
  RequestId next() {
    const int64_t fresh = (clock_.now().unix_ms << kRequestIdTimeShift) + lane_;
    int64_t previous = last_.load(std::memory_order_relaxed);
    int64_t next = std::max(fresh, previous + kRequestLanes);
    while (!last_.compare_exchange_weak(previous, next, std::memory_order_relaxed)) {
      next = std::max(fresh, previous + kRequestLanes);
    }
    return {next};
  }

 private:
  // Of the lane's numbers the first that is not smaller.
  int64_t first_in_lane(int64_t number) const {
    return number + ((lane_ - number) & (kRequestLanes - 1));
  }

  const Clock& clock_;
  int64_t lane_ = 0;
  std::atomic<int64_t> last_{0};
};

}  // namespace chatgate
