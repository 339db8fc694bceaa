// The limits of one API token: requests per minute, tokens per minute, requests at the same time.
// The minutes are sliding: each budget refills evenly and never holds more than one minute's worth.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "common/result.h"

namespace chatgate {

// What an answer's x-ratelimit-* headers say. Only the limited sides are filled.
struct LimitStatus {
  struct Side {
    int64_t limit = 0;
    int64_t remaining = 0;
    int64_t reset_ms = 0;  // until the budget is full again
  };
  std::optional<Side> requests;
  std::optional<Side> tokens;
};

class RequestLimiter {
 public:
  struct Limits {
    int64_t requests_per_minute = 0;  // 0: unlimited, here and below
    int64_t tokens_per_minute = 0;
    int64_t parallel_requests = 0;
    bool operator==(const Limits&) const = default;
  };

  // Changes the limits; what is in use stays in use.
  void set_limits(const Limits& limits, int64_t now_ms);

  // Admits a request expected to use `tokens`, or refuses it with kRateLimited and takes nothing.
  Result<LimitStatus> admit(int64_t tokens, int64_t now_ms);
  // Takes an admission back as if it had not been: another rule refused the request.
  void withdraw(int64_t tokens);
  // The admitted request is over. `tokens_used` replaces what was expected.
  void finish(int64_t tokens_expected, int64_t tokens_used);

 private:
  // A budget in parts of 1/60000, of which each millisecond refills `per_minute`: none is rounded.
  struct Budget {
    int64_t per_minute = 0;
    int64_t parts = 0;
    int64_t updated_ms = 0;

    void set(int64_t limit, int64_t now_ms);
    void refill(int64_t now_ms);
    void add(int64_t count);
    int64_t wait_ms_for(int64_t count) const;
    LimitStatus::Side side() const;
  };

  std::mutex mutex_;
  Limits limits_;
  Budget requests_;
  Budget tokens_;
  int64_t running_ = 0;
};

// One admitted request's share, given back exactly once however the request ends.
class Permit {
 public:
  Permit() = default;
  Permit(std::shared_ptr<RequestLimiter> limiter, int64_t tokens_expected)
      : limiter_(std::move(limiter)), tokens_expected_(tokens_expected) {}
  ~Permit() { finish(tokens_expected_); }
  Permit(Permit&& other) noexcept { *this = std::move(other); }
  Permit& operator=(Permit&& other) noexcept {
    finish(tokens_expected_);
    limiter_ = std::move(other.limiter_);
    tokens_expected_ = other.tokens_expected_;
    return *this;
  }

  void finish(int64_t tokens_used) {
    if (auto limiter = std::move(limiter_)) limiter->finish(tokens_expected_, tokens_used);
    limiter_ = nullptr;
  }
  void withdraw() {
    if (auto limiter = std::move(limiter_)) limiter->withdraw(tokens_expected_);
    limiter_ = nullptr;
  }

 private:
  std::shared_ptr<RequestLimiter> limiter_;
  int64_t tokens_expected_ = 0;
};

}  // namespace chatgate
