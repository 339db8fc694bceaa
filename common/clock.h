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
