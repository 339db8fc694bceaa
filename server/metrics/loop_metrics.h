// What one event loop counts of the requests that run on it, for a scrape to read. The loop's
// thread alone writes, any thread reads. Nothing that a client chooses gets in here: doors,
// statuses and reasons are few and fixed, upstreams come from the configuration.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "server/metrics/door_names.h"
#include "server/metrics/values.h"

namespace chatgate {

enum class UpstreamFault : uint8_t {
  kUnreachable,   // no connection could be made
  kTimeout,       // no answer in time, or silent for too long in the middle of one
  kBroken,        // broke off before its answer
  kCut,           // broke off in the middle of it
  kRateLimited,   // 429
  kServerError,   // 5xx
  kUnauthorized,  // 401, 403: its key
};
inline constexpr std::array<std::string_view, 7> kUpstreamFaultNames{
    "unreachable", "timeout", "broken", "cut", "rate_limited", "server_error", "unauthorized"};

enum class RateLimit : uint8_t { kAddress, kToken, kAccount };
inline constexpr std::array<std::string_view, 3> kRateLimitNames{"address", "token", "account"};

struct UpstreamMetrics {
  explicit UpstreamMetrics(std::string upstream) : name(std::move(upstream)) {}
  const std::string name;
  Counter attempts;
  Histogram head_ns{kAnswerBoundsNs};   // from sending a request to its answer's head
  Histogram token_ns{kAnswerBoundsNs};  // to the first content of a stream
  std::array<Counter, kUpstreamFaultNames.size()> faults;
};

class LoopMetrics {
 public:
  LoopMetrics() = default;
  ~LoopMetrics();
  LoopMetrics(const LoopMetrics&) = delete;
  LoopMetrics& operator=(const LoopMetrics&) = delete;

  // An answered request, whatever the answer; status 0: the client left before there was any.
  void count_request(std::string_view door, int status, int64_t elapsed_ns);
  // A request that never gets into the books, by what it was refused for.
  void count_refusal(std::string_view door, ErrorCode code);
  void count_rate_limit(RateLimit limit) { rate_limits.at(static_cast<size_t>(limit)).add(); }
  // The upstream's own counters. Their place is for good.
  UpstreamMetrics& upstream(std::string_view name);

  // --- for readers

  struct StatusCount {
    size_t door = 0;
    int status = 0;
    Counter requests = {};
  };
  static constexpr size_t kStatusesMax = 256;   // pairs of door and status; then status -1
  static constexpr size_t kUpstreamsMax = 100;  // then the name `other`
  static constexpr size_t kErrorCodes = static_cast<size_t>(ErrorCode::kInternal) + 1;

  template <class Visit>
  void for_each_status(Visit&& visit) const {
    const size_t used = statuses_used_.load(std::memory_order_acquire);
    for (size_t i = 0; i < used; ++i) visit(statuses_.at(i));
  }
  template <class Visit>
  void for_each_upstream(Visit&& visit) const {
    for (const auto& slot : upstreams_) {
      const auto* upstream = slot.load(std::memory_order_acquire);
      if (upstream == nullptr) return;
      visit(*upstream);
    }
  }
  const Histogram& duration_ns(size_t door) const { return durations_.at(door); }

  std::array<std::array<Counter, kErrorCodes>, kDoorNames.size()> refusals;
  std::array<Counter, kRateLimitNames.size()> rate_limits;
  Histogram lateness_ns{kBriefBoundsNs};  // of the loop's ticks

 private:
  struct AnswerTimes : Histogram {
    AnswerTimes() : Histogram(kAnswerBoundsNs) {}
  };

  std::array<StatusCount, kStatusesMax> statuses_;
  std::atomic<size_t> statuses_used_{0};
  std::array<AnswerTimes, kDoorNames.size()> durations_;
  std::array<std::atomic<UpstreamMetrics*>, kUpstreamsMax> upstreams_{};
};

}  // namespace chatgate
