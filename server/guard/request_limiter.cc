#include "server/guard/request_limiter.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>
#include <tuple>

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

void RequestLimiter::set_limits(const RequestLimits& limits, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (limits == limits_) return;
  limits_ = limits;
  limits_.requests_per_minute = std::min(limits.requests_per_minute, kCountMax);
  limits_.tokens_per_minute = std::min(limits.tokens_per_minute, kCountMax);
  requests_.set(limits_.requests_per_minute, now_ms);
  tokens_.set(limits_.tokens_per_minute, now_ms);
}

std::optional<Error> RequestLimiter::find_refusal(int64_t tokens, int64_t now_ms) {
  assert(tokens >= 0 && tokens <= kCountMax);
  requests_.refill(now_ms);
  tokens_.refill(now_ms);
  if (limits_.parallel_requests > 0 && running_ >= limits_.parallel_requests) {
    const bool is_one = limits_.parallel_requests == 1;
    Error error{ErrorCode::kRateLimited,
                "this " + std::string(whose_) + " may run " +
                    (is_one ? "one request at a time, and one is running; wait for it to end"
                            : std::to_string(limits_.parallel_requests) +
                                  " requests at the same time, and that many are running; wait "
                                  "for one to end")};
    error.retry_after_ms = 1000;
    return error;
  }
  // A request larger than a whole minute's budget may start when the budget is full.
  const int64_t tokens_needed = std::min(tokens, limits_.tokens_per_minute);
  const int64_t requests_ms = limits_.requests_per_minute > 0 ? requests_.wait_ms_for(1) : 0;
  const int64_t tokens_ms = limits_.tokens_per_minute > 0 ? tokens_.wait_ms_for(tokens_needed) : 0;
  if (requests_ms <= 0 && tokens_ms <= 0) return std::nullopt;
  const bool lacks_requests = requests_ms >= tokens_ms;
  Error error{ErrorCode::kRateLimited,
              "rate limit of this " + std::string(whose_) +
                  " reached: " + std::to_string((lacks_requests ? requests_ : tokens_).per_minute) +
                  (lacks_requests ? " requests per minute" : " tokens per minute")};
  error.retry_after_ms = std::max(requests_ms, tokens_ms);
  return error;
}

void RequestLimiter::take(int64_t tokens) {
  ++running_;
  if (limits_.requests_per_minute > 0) requests_.parts -= kOne;
  if (limits_.tokens_per_minute > 0) tokens_.parts -= tokens * kOne;
}

void RequestLimiter::narrow(LimitStatus& status) const {
  const auto keep_narrower = [](std::optional<LimitStatus::Side>& side, const Budget& budget) {
    if (budget.per_minute == 0) return;
    const LimitStatus::Side own = budget.side();
    if (!side || std::tie(own.remaining, own.limit) < std::tie(side->remaining, side->limit)) {
      side = own;
    }
  };
  keep_narrower(status.requests, requests_);
  keep_narrower(status.tokens, tokens_);
}

Result<void> admit_request(RequestLimiter* of_token, RequestLimiter* of_user, int64_t tokens,
                           int64_t now_ms, LimitStatus& status) {
  // Both stay locked until the decision: a share taken and given back would refuse others
  // meanwhile. All requests lock in this order.
  std::array<std::unique_lock<std::mutex>, 2> locks;
  const std::array<RequestLimiter*, 2> limiters{of_token, of_user};
  std::optional<Error> refusal;
  bool is_of_account = false;
  for (size_t i = 0; i < limiters.size(); ++i) {
    if (limiters.at(i) == nullptr) continue;
    locks.at(i) = std::unique_lock(limiters.at(i)->mutex_);
    auto found = limiters.at(i)->find_refusal(tokens, now_ms);
    if (!found || (refusal && found->retry_after_ms <= refusal->retry_after_ms)) continue;
    refusal = found;
    is_of_account = limiters.at(i) == of_user;
  }
  status = {};
  status.is_of_account = is_of_account;
  for (auto* limiter : limiters) {
    if (limiter == nullptr) continue;
    if (!refusal) limiter->take(tokens);
    limiter->narrow(status);
  }
  return refusal ? Result<void>(tl::unexpected(*std::move(refusal))) : Result<void>();
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
