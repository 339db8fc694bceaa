// A clock that stands still until a test moves it. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "common/clock.h"

namespace chatgate {

class ManualClock final : public Clock {
 public:
  // 2026-01-01T00:00:00Z unless told otherwise.
  explicit ManualClock(int64_t unix_ms = 1'767'225'600'000) : unix_ms_(unix_ms) {}

  Timestamp now() const override { return {unix_ms_.load()}; }
  int64_t steady_ms() const override { return steady_ms_.load(); }

  // Lets time pass.
  void advance_ms(int64_t elapsed_ms) {
    unix_ms_ += elapsed_ms;
    steady_ms_ += elapsed_ms;
  }
  // Someone sets the wall clock; steady time goes on as if nothing happened.
  void set_wall_clock(Timestamp now) { unix_ms_ = now.unix_ms; }

 private:
  std::atomic<int64_t> unix_ms_;
  std::atomic<int64_t> steady_ms_{1'000'000};
};

}  // namespace chatgate
