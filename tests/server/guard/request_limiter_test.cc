#include "server/guard/request_limiter.h"

#include <array>
#include <atomic>
#include <catch2/catch_all.hpp>
#include <random>
#include <thread>

namespace chatgate {
namespace {

constexpr int64_t kStartMs = 1'000'000;

std::shared_ptr<RequestLimiter> limiter_with(const RequestLimits& limits) {
  auto limiter = std::make_shared<RequestLimiter>();
  limiter->set_limits(limits, kStartMs);
  return limiter;
}

using Limiter = std::shared_ptr<RequestLimiter>;

Result<LimitStatus> admit(const Limiter& of_token, const Limiter& of_user, int64_t tokens,
                          int64_t now_ms) {
  LimitStatus status;
  const auto admitted = admit_request(of_token.get(), of_user.get(), tokens, now_ms, status);
  return admitted.map([&] { return status; });
}

Result<LimitStatus> admit(const Limiter& limiter, int64_t tokens, int64_t now_ms) {
  return admit(limiter, nullptr, tokens, now_ms);
}

TEST_CASE("requests per minute refill evenly", "[request_limiter]") {
  auto limiter = limiter_with({.requests_per_minute = 3});
  for (int i = 0; i < 3; ++i) CHECK(admit(limiter, 0, kStartMs));
  const auto refused = admit(limiter, 0, kStartMs);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kRateLimited);
  CHECK(refused.error().retry_after_ms == 20'000);
  CHECK_FALSE(admit(limiter, 0, kStartMs + 19'999));
  CHECK(admit(limiter, 0, kStartMs + 20'000));
}

TEST_CASE("a refusal consumes nothing", "[request_limiter]") {
  auto limiter = limiter_with({.requests_per_minute = 10, .tokens_per_minute = 100});
  REQUIRE(admit(limiter, 100, kStartMs));
  for (int i = 0; i < 50; ++i) CHECK_FALSE(admit(limiter, 50, kStartMs));
  const auto admitted = admit(limiter, 50, kStartMs + 30'000);
  REQUIRE(admitted);
  CHECK(admitted->requests->remaining == 9);  // 10, less 1, refilled to 10, less 1
}

TEST_CASE("slow polling does not starve the refill", "[request_limiter]") {
  auto limiter = limiter_with({.requests_per_minute = 1});
  REQUIRE(admit(limiter, 0, kStartMs));
  int64_t now_ms = kStartMs;
  while (!admit(limiter, 0, now_ms)) ++now_ms;
  CHECK(now_ms == kStartMs + 60'000);
}

TEST_CASE("parallel requests give their places back", "[request_limiter]") {
  auto limiter = limiter_with({.parallel_requests = 2});
  REQUIRE(admit(limiter, 0, kStartMs));
  Permit first(limiter, nullptr, 0);
  {
    REQUIRE(admit(limiter, 0, kStartMs));
    const Permit second(limiter, nullptr, 0);
    CHECK_FALSE(admit(limiter, 0, kStartMs));
  }
  REQUIRE(admit(limiter, 0, kStartMs));
  Permit third(limiter, nullptr, 0);
  CHECK_FALSE(admit(limiter, 0, kStartMs));
  first.finish(0);
  first.finish(0);  // once only
  REQUIRE(admit(limiter, 0, kStartMs));
  const Permit fourth(limiter, nullptr, 0);
  CHECK_FALSE(admit(limiter, 0, kStartMs));
}

TEST_CASE("used tokens replace expected ones", "[request_limiter]") {
  auto limiter = limiter_with({.tokens_per_minute = 1000});
  REQUIRE(admit(limiter, 600, kStartMs));
  Permit permit(limiter, nullptr, 600);
  CHECK_FALSE(admit(limiter, 500, kStartMs));
  permit.finish(100);
  const auto admitted = admit(limiter, 500, kStartMs);
  REQUIRE(admitted);
  CHECK(admitted->tokens->remaining == 400);
}

TEST_CASE("a withdrawn request leaves no trace", "[request_limiter]") {
  auto limiter =
      limiter_with({.requests_per_minute = 2, .tokens_per_minute = 100, .parallel_requests = 1});
  for (int i = 0; i < 20; ++i) {
    REQUIRE(admit(limiter, 100, kStartMs));
    Permit(limiter, nullptr, 100).withdraw();
  }
}

TEST_CASE("a request larger than the budget runs when the budget is full", "[request_limiter]") {
  auto limiter = limiter_with({.tokens_per_minute = 100});
  REQUIRE(admit(limiter, 250, kStartMs));
  CHECK_FALSE(admit(limiter, 1, kStartMs + 89'999));
  CHECK(admit(limiter, 1, kStartMs + 90'600));
}

TEST_CASE("changed limits keep what was used", "[request_limiter]") {
  auto limiter = limiter_with({.requests_per_minute = 10});
  for (int i = 0; i < 4; ++i) REQUIRE(admit(limiter, 0, kStartMs));
  limiter->set_limits({.requests_per_minute = 5}, kStartMs);
  CHECK(admit(limiter, 0, kStartMs));
  CHECK_FALSE(admit(limiter, 0, kStartMs));
  limiter->set_limits({}, kStartMs);
  for (int i = 0; i < 100; ++i) CHECK(admit(limiter, 0, kStartMs));
}

TEST_CASE("no minute admits more than twice its budget", "[request_limiter]") {
  std::mt19937 random(Catch::getSeed());
  auto limiter = limiter_with({.requests_per_minute = 30});
  int64_t now_ms = kStartMs;
  std::vector<int64_t> admitted_ms;
  for (int i = 0; i < 20'000; ++i) {
    now_ms += static_cast<int64_t>(random() % 200);
    if (admit(limiter, 0, now_ms)) admitted_ms.push_back(now_ms);
  }
  // The budget itself and what flows in meanwhile.
  for (size_t i = 0; i + 61 < admitted_ms.size(); ++i) {
    CHECK(admitted_ms[i + 61] - admitted_ms[i] >= 60'000);
  }
  const auto minutes = static_cast<double>(now_ms - kStartMs) / 60'000;
  CHECK(static_cast<double>(admitted_ms.size()) >= minutes * 29);
}

TEST_CASE("a refusal by either limiter takes nothing of the other", "[request_limiter]") {
  const auto of_token = limiter_with({.requests_per_minute = 4, .parallel_requests = 4});
  const auto of_user = limiter_with({.requests_per_minute = 2, .tokens_per_minute = 1000});
  for (int i = 0; i < 2; ++i) REQUIRE(admit(of_token, of_user, 10, kStartMs));
  for (int i = 0; i < 9; ++i) CHECK_FALSE(admit(of_token, of_user, 10, kStartMs));
  for (int i = 0; i < 2; ++i) CHECK(admit(of_token, 0, kStartMs));
  CHECK_FALSE(admit(of_token, 0, kStartMs));

  const auto other_user = limiter_with({.requests_per_minute = 2});
  for (int i = 0; i < 9; ++i) CHECK_FALSE(admit(of_token, other_user, 10, kStartMs));
  for (int i = 0; i < 2; ++i) CHECK(admit(nullptr, other_user, 0, kStartMs));
}

TEST_CASE("the narrower of two limiters is told, and which of them refuses", "[request_limiter]") {
  const auto of_token = limiter_with({.requests_per_minute = 10, .tokens_per_minute = 50});
  const auto of_user = std::make_shared<RequestLimiter>("account");
  of_user->set_limits({.requests_per_minute = 3, .tokens_per_minute = 500}, kStartMs);
  LimitStatus status;
  for (int64_t left = 2; left >= 0; --left) {
    REQUIRE(admit_request(of_token.get(), of_user.get(), 10, kStartMs, status));
    CHECK(status.requests->limit == 3);
    CHECK(status.requests->remaining == left);
    CHECK(status.tokens->limit == 50);
  }
  auto refused = admit_request(of_token.get(), of_user.get(), 10, kStartMs, status);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "rate limit of this account reached: 3 requests per minute");
  CHECK(refused.error().retry_after_ms == 20'000);
  CHECK(status.requests->remaining == 0);
  CHECK(status.requests->reset_ms == 60'000);
  // Both refuse: waiting as long as is told satisfies both.
  refused = admit_request(of_token.get(), of_user.get(), 50, kStartMs, status);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "rate limit of this token reached: 50 tokens per minute");
  CHECK(refused.error().retry_after_ms == 36'000);
  CHECK_FALSE(admit_request(of_token.get(), of_user.get(), 50, kStartMs + 35'999, status));
  CHECK(admit_request(of_token.get(), of_user.get(), 50, kStartMs + 36'000, status));
}

TEST_CASE("requests at once pass exactly as often as the narrower limit", "[request_limiter]") {
  const auto of_user = limiter_with({.requests_per_minute = 100});
  const std::array of_tokens{limiter_with({.requests_per_minute = 70}),
                             limiter_with({.requests_per_minute = 70})};
  std::atomic<int> passed = 0;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 200; ++k) {
        if (admit(of_tokens.at(i % 2), of_user, 0, kStartMs)) ++passed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(passed == 100);
  // What was refused took nothing of the tokens' limits.
  int rest = 0;
  for (const auto& of_token : of_tokens) {
    while (admit(of_token, 0, kStartMs)) ++rest;
  }
  CHECK(rest == 40);
}

}  // namespace
}  // namespace chatgate
