// How long something takes, in nanoseconds of a steady clock. For metrics alone: what requests are
// judged by asks the Clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace chatgate {

class Stopwatch {
 public:
  int64_t elapsed_ns() const {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace chatgate
