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

  // No later id is this one or smaller: the books' last, so that a clock which was set back between
  // two runs cannot make an id that is in the books already.
  void continue_after(RequestId last) { last_ = std::max(last_.load(), last.value); }

  // Greater than all before it, even when the clock steps back.
  RequestId next() {
    const int64_t fresh = clock_.now().unix_ms << kRequestIdTimeShift;
    int64_t previous = last_.load(std::memory_order_relaxed);
    int64_t next = std::max(fresh, previous + 1);
    while (!last_.compare_exchange_weak(previous, next, std::memory_order_relaxed)) {
      next = std::max(fresh, previous + 1);
    }
    return {next};
  }

 private:
  const Clock& clock_;
  std::atomic<int64_t> last_{0};
};

}  // namespace chatgate
