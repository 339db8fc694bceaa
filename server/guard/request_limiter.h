// The limits of one API token, or of all tokens of one account together: requests per minute,
// tokens per minute, requests at the same time. The minutes are sliding: each budget refills evenly
// and never holds more than one minute's worth. Safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "common/domain/user.h"
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
  bool is_of_account = false;  // of a refusal: not the token's limit but the account's
};

class RequestLimiter {
 public:
  // `whose` names in messages what is limited: "token" or "account".
  explicit RequestLimiter(std::string_view whose = "token") : whose_(whose) {}

  // Changes the limits; what is in use stays in use.
  void set_limits(const RequestLimits& limits, int64_t now_ms);

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

  friend Result<void> admit_request(RequestLimiter* of_token, RequestLimiter* of_user,
                                    int64_t tokens, int64_t now_ms, LimitStatus& status);
  // REQUIRES, both: the mutex is held.
  std::optional<Error> find_refusal(int64_t tokens, int64_t now_ms);
  void take(int64_t tokens);
  void narrow(LimitStatus& status) const;

  const std::string_view whose_;
  std::mutex mutex_;
  RequestLimits limits_;
  Budget requests_;
  Budget tokens_;
  int64_t running_ = 0;
};

// Admits a request expected to use `tokens` at both limiters, of which either may be null, or
// refuses it with kRateLimited and takes nothing from either. `status` tells the narrower of their
// sides as they are afterwards, whatever the outcome.
Result<void> admit_request(RequestLimiter* of_token, RequestLimiter* of_user, int64_t tokens,
                           int64_t now_ms, LimitStatus& status);

// One admitted request's share, given back exactly once however the request ends.
class Permit {
 public:
  Permit() = default;
  Permit(std::shared_ptr<RequestLimiter> of_token, std::shared_ptr<RequestLimiter> of_user,
         int64_t tokens_expected)
      : of_token_(std::move(of_token)),
        of_user_(std::move(of_user)),
        tokens_expected_(tokens_expected) {}
  ~Permit() { finish(tokens_expected_); }
  Permit(Permit&& other) noexcept { *this = std::move(other); }
  Permit& operator=(Permit&& other) noexcept {
    finish(tokens_expected_);
    of_token_ = std::move(other.of_token_);
    of_user_ = std::move(other.of_user_);
    tokens_expected_ = other.tokens_expected_;
    return *this;
  }

  void finish(int64_t tokens_used) {
    for (auto* limiter : {&of_token_, &of_user_}) {
      if (*limiter) (*limiter)->finish(tokens_expected_, tokens_used);
      *limiter = nullptr;
    }
  }
  void withdraw() {
    for (auto* limiter : {&of_token_, &of_user_}) {
      if (*limiter) (*limiter)->withdraw(tokens_expected_);
      *limiter = nullptr;
    }
  }

 private:
  std::shared_ptr<RequestLimiter> of_token_;
  std::shared_ptr<RequestLimiter> of_user_;
  int64_t tokens_expected_ = 0;
};

}  // namespace chatgate
