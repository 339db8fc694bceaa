// Numbers that one thread counts up and any thread reads: counters and histograms whose bounds are
// fixed. With one writer no locked instruction is needed, so that counting costs a few nanoseconds
// and nothing is allocated; a reader sees each number whole, and all of them as of nearly the same
// moment.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace chatgate {

class Counter {
 public:
  // REQUIRES: always the same thread, or calls that are ordered by a lock.
  void add(int64_t change = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// What a histogram holds at one moment: how many values lie at or below each of its bounds and
// above the one before, with those above all bounds last.
struct HistogramCounts {
  static constexpr size_t kBoundsMax = 16;
  std::array<int64_t, kBoundsMax + 1> counts{};
  int64_t sum = 0;

  bool operator==(const HistogramCounts&) const = default;
  void add(const HistogramCounts& other) {
    for (size_t i = 0; i < counts.size(); ++i) counts.at(i) += other.counts.at(i);
    sum += other.sum;
  }
};

class Histogram {
 public:
  // `bounds` rise, are kBoundsMax at most and outlive the histogram.
  explicit Histogram(std::span<const int64_t> bounds) : bounds_(bounds) {}

  // REQUIRES: as Counter::add.
  void observe(int64_t value) {
    size_t i = 0;
    while (i < bounds_.size() && value > bounds_[i]) ++i;
    counts_.at(i).add();
    sum_.add(value);
  }

  std::span<const int64_t> bounds() const { return bounds_; }
  HistogramCounts read() const {
    HistogramCounts read;
    for (size_t i = 0; i < counts_.size(); ++i) read.counts.at(i) = counts_.at(i).value();
    read.sum = sum_.value();
    return read;
  }

 private:
  std::span<const int64_t> bounds_;
  std::array<Counter, HistogramCounts::kBoundsMax + 1> counts_;
  Counter sum_;
};

// Bounds in nanoseconds, the unit of all times here.
inline constexpr int64_t kMillisecondNs = 1'000'000;
// Of whole answers, and of what upstreams take: up to the minutes that a long answer streams.
inline constexpr std::array<int64_t, 16> kAnswerBoundsNs{
    5 * kMillisecondNs,      10 * kMillisecondNs,      25 * kMillisecondNs,
    50 * kMillisecondNs,     100 * kMillisecondNs,     250 * kMillisecondNs,
    500 * kMillisecondNs,    1'000 * kMillisecondNs,   2'500 * kMillisecondNs,
    5'000 * kMillisecondNs,  10'000 * kMillisecondNs,  30'000 * kMillisecondNs,
    60'000 * kMillisecondNs, 120'000 * kMillisecondNs, 300'000 * kMillisecondNs,
    600'000 * kMillisecondNs};
// Of what should take next to no time: a commit, a turn of a loop.
inline constexpr std::array<int64_t, 13> kBriefBoundsNs{
    kMillisecondNs / 2,    kMillisecondNs,       5 * kMillisecondNs / 2, 5 * kMillisecondNs,
    10 * kMillisecondNs,   25 * kMillisecondNs,  50 * kMillisecondNs,    100 * kMillisecondNs,
    250 * kMillisecondNs,  500 * kMillisecondNs, 1'000 * kMillisecondNs, 2'500 * kMillisecondNs,
    5'000 * kMillisecondNs};
// Of how many settlements are committed at once.
inline constexpr std::array<int64_t, 11> kGroupBounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

}  // namespace chatgate
