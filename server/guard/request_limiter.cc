#include "server/guard/request_limiter.h"

#include <algorithm>
#include <cassert>

namespace chatgate {
namespace {

constexpr int64_t kMinuteMs = 60'000;
// What one request or token weighs, in a budget's parts; and the most of them that are counted.
constexpr int64_t kOne = kMinuteMs;
constexpr int64_t kCountMax = int64_t{1} << 40;

}  // namespace

void RequestLimiter::Budget::set(int64_t limit, int64_t now_ms) {
  refill(now_ms);
  // A budget that is new or was unlimited starts full; a changed one keeps what was used.
  const int64_t used = per_minute == 0 ? 0 : per_minute * kOne - parts;
  parts = limit * kOne - used;
  per_minute = limit;
  updated_ms = now_ms;
}

void RequestLimiter::Budget::refill(int64_t now_ms) {
  // A budget deep in debt (after a request larger than itself) may need several minutes.
  const auto gained = static_cast<__int128>(per_minute) * std::max<int64_t>(now_ms - updated_ms, 0);
  parts = static_cast<int64_t>(std::min<__int128>(parts + gained, per_minute * kOne));
  updated_ms = std::max(updated_ms, now_ms);
}

void RequestLimiter::Budget::add(int64_t count) {
  parts = std::min(parts + count * kOne, per_minute * kOne);
}

int64_t RequestLimiter::Budget::wait_ms_for(int64_t count) const {
  const int64_t missing = count * kOne - parts;
  return missing <= 0 ? 0 : (missing + per_minute - 1) / per_minute;
}

LimitStatus::Side RequestLimiter::Budget::side() const {
  return {per_minute, std::max<int64_t>(parts / kOne, 0), wait_ms_for(per_minute)};
}

void RequestLimiter::set_limits(const Limits& limits, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (limits == limits_) return;
  limits_ = limits;
  limits_.requests_per_minute = std::min(limits.requests_per_minute, kCountMax);
  limits_.tokens_per_minute = std::min(limits.tokens_per_minute, kCountMax);
  requests_.set(limits_.requests_per_minute, now_ms);
  tokens_.set(limits_.tokens_per_minute, now_ms);
}

Result<LimitStatus> RequestLimiter::admit(int64_t tokens, int64_t now_ms) {
  assert(tokens >= 0 && tokens <= kCountMax);
  const std::lock_guard lock(mutex_);
  if (limits_.parallel_requests > 0 && running_ >= limits_.parallel_requests) {
    Error error{ErrorCode::kRateLimited,
                "this token may run " + std::to_string(limits_.parallel_requests) +
                    " requests at the same time, and that many are running; wait for one to end"};
    error.retry_after_ms = 1000;
    return tl::unexpected(std::move(error));
  }
  requests_.refill(now_ms);
  tokens_.refill(now_ms);
  // A request larger than a whole minute's budget may start when the budget is full.
  const int64_t tokens_needed = std::min(tokens, limits_.tokens_per_minute);
  const bool lacks_requests = limits_.requests_per_minute > 0 && requests_.parts < kOne;
  const bool lacks_tokens = limits_.tokens_per_minute > 0 && tokens_.wait_ms_for(tokens_needed) > 0;
  if (lacks_requests || lacks_tokens) {
    const auto& budget = lacks_requests ? requests_ : tokens_;
    Error error{ErrorCode::kRateLimited,
                std::string("rate limit of this token reached: ") +
                    std::to_string(budget.per_minute) +
                    (lacks_requests ? " requests per minute" : " tokens per minute")};
    error.retry_after_ms =
        std::max<int64_t>(1, budget.wait_ms_for(lacks_requests ? 1 : tokens_needed));
    return tl::unexpected(std::move(error));
  }
  ++running_;
  LimitStatus status;
  if (limits_.requests_per_minute > 0) {
    requests_.parts -= kOne;
    status.requests = requests_.side();
  }
  if (limits_.tokens_per_minute > 0) {
    tokens_.parts -= tokens * kOne;
    status.tokens = tokens_.side();
  }
  return status;
}

void RequestLimiter::withdraw(int64_t tokens) {
  const std::lock_guard lock(mutex_);
  assert(running_ > 0);
  --running_;
  requests_.add(1);
  tokens_.add(tokens);
}

void RequestLimiter::finish(int64_t tokens_expected, int64_t tokens_used) {
  const std::lock_guard lock(mutex_);
  assert(running_ > 0);
  --running_;
  tokens_.add(tokens_expected - tokens_used);
}

}  // namespace chatgate
