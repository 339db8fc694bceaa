// The time, injected so that tests can turn it by hand. Implementations are safe from any thread.
#pragma once

#include <compare>
#include <cstdint>

namespace chatgate {

// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
struct Timestamp {
  int64_t unix_ms = 0;
  auto operator<=>(const Timestamp&) const = default;
};

// Days are counted since 1970-01-01, in UTC.
inline constexpr int64_t kMsPerDay = 86'400'000;
inline constexpr int64_t day_of(Timestamp time) {
  const int64_t day = time.unix_ms / kMsPerDay;
  return time.unix_ms % kMsPerDay < 0 ? day - 1 : day;
}
inline constexpr Timestamp start_of_day(int64_t day) { return {day * kMsPerDay}; }

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  // Never steps back; its origin is arbitrary.
  virtual int64_t steady_ms() const = 0;
};

// The machine's clock.
const Clock& system_clock();

}  // namespace chatgate
