#include "server/guard/request_limiter.h"

#include <algorithm>
#include <cassert>

namespace chatgate {
namespace {

constexpr int64_t kMinuteMs = 60'000;

}  // namespace

void RequestLimiter::Budget::set(int64_t limit, int64_t now_ms) {
  refill(now_ms);
  // A budget that is new or was unlimited starts full; a changed one keeps what was used.
  milli =
      per_minute == 0 ? limit * 1000 : std::min(milli + (limit - per_minute) * 1000, limit * 1000);
  per_minute = limit;
  updated_ms = now_ms;
}

void RequestLimiter::Budget::refill(int64_t now_ms) {
  const int64_t elapsed_ms = std::clamp<int64_t>(now_ms - updated_ms, 0, kMinuteMs * 2);
  const auto gained = static_cast<__int128>(per_minute) * 1000 * elapsed_ms / kMinuteMs;
  if (gained == 0) return;  // too early for a thousandth: the time keeps counting
  milli = static_cast<int64_t>(
      std::min<__int128>(static_cast<__int128>(per_minute) * 1000, milli + gained));
  updated_ms = now_ms;
}

void RequestLimiter::Budget::add(int64_t count) {
  milli = std::min(milli + count * 1000, per_minute * 1000);
}

int64_t RequestLimiter::Budget::wait_ms_for(int64_t count) const {
  const auto missing = static_cast<__int128>(count) * 1000 - milli;
  if (missing <= 0) return 0;
  return static_cast<int64_t>((missing * kMinuteMs + per_minute * 1000 - 1) / (per_minute * 1000));
}

LimitStatus::Side RequestLimiter::Budget::side() const {
  return {per_minute, std::max<int64_t>(milli / 1000, 0), wait_ms_for(per_minute)};
}

void RequestLimiter::set_limits(const Limits& limits, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (limits == limits_) return;
  limits_ = limits;
  requests_.set(limits.requests_per_minute, now_ms);
  tokens_.set(limits.tokens_per_minute, now_ms);
}

Result<LimitStatus> RequestLimiter::admit(int64_t tokens, int64_t now_ms) {
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
  const bool lacks_requests = limits_.requests_per_minute > 0 && requests_.milli < 1000;
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
    requests_.milli -= 1000;
    status.requests = requests_.side();
  }
  if (limits_.tokens_per_minute > 0) {
    tokens_.milli -= tokens * 1000;
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
