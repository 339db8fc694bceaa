#include "server/guard/request_limiter.h"

#include <catch2/catch_all.hpp>
#include <random>

namespace chatgate {
namespace {

constexpr int64_t kStartMs = 1'000'000;

std::shared_ptr<RequestLimiter> limiter_with(const RequestLimiter::Limits& limits) {
  auto limiter = std::make_shared<RequestLimiter>();
  limiter->set_limits(limits, kStartMs);
  return limiter;
}

TEST_CASE("requests per minute refill evenly", "[request_limiter]") {
  auto limiter = limiter_with({.requests_per_minute = 3});
  for (int i = 0; i < 3; ++i) CHECK(limiter->admit(0, kStartMs));
  const auto refused = limiter->admit(0, kStartMs);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kRateLimited);
  CHECK(refused.error().retry_after_ms == 20'000);
  CHECK_FALSE(limiter->admit(0, kStartMs + 19'999));
  CHECK(limiter->admit(0, kStartMs + 20'000));
}

TEST_CASE("a refusal consumes nothing", "[request_limiter]") {
  auto limiter = limiter_with({.requests_per_minute = 10, .tokens_per_minute = 100});
  REQUIRE(limiter->admit(100, kStartMs));
  for (int i = 0; i < 50; ++i) CHECK_FALSE(limiter->admit(50, kStartMs));
  const auto admitted = limiter->admit(50, kStartMs + 30'000);
  REQUIRE(admitted);
  CHECK(admitted->requests->remaining == 9);  // 10, less 1, refilled to 10, less 1
}

TEST_CASE("slow polling does not starve the refill", "[request_limiter]") {
  auto limiter = limiter_with({.requests_per_minute = 1});
  REQUIRE(limiter->admit(0, kStartMs));
  int64_t now_ms = kStartMs;
  while (!limiter->admit(0, now_ms)) ++now_ms;
  CHECK(now_ms == kStartMs + 60'000);
}

TEST_CASE("parallel requests give their places back", "[request_limiter]") {
  auto limiter = limiter_with({.parallel_requests = 2});
  REQUIRE(limiter->admit(0, kStartMs));
  Permit first(limiter, 0);
  {
    REQUIRE(limiter->admit(0, kStartMs));
    const Permit second(limiter, 0);
    CHECK_FALSE(limiter->admit(0, kStartMs));
  }
  REQUIRE(limiter->admit(0, kStartMs));
  Permit third(limiter, 0);
  CHECK_FALSE(limiter->admit(0, kStartMs));
  first.finish(0);
  first.finish(0);  // once only
  REQUIRE(limiter->admit(0, kStartMs));
  const Permit fourth(limiter, 0);
  CHECK_FALSE(limiter->admit(0, kStartMs));
}

TEST_CASE("used tokens replace expected ones", "[request_limiter]") {
  auto limiter = limiter_with({.tokens_per_minute = 1000});
  REQUIRE(limiter->admit(600, kStartMs));
  Permit permit(limiter, 600);
  CHECK_FALSE(limiter->admit(500, kStartMs));
  permit.finish(100);
  const auto admitted = limiter->admit(500, kStartMs);
  REQUIRE(admitted);
  CHECK(admitted->tokens->remaining == 400);
}

TEST_CASE("a withdrawn request leaves no trace", "[request_limiter]") {
  auto limiter =
      limiter_with({.requests_per_minute = 2, .tokens_per_minute = 100, .parallel_requests = 1});
  for (int i = 0; i < 20; ++i) {
    REQUIRE(limiter->admit(100, kStartMs));
    Permit(limiter, 100).withdraw();
  }
}

TEST_CASE("a request larger than the budget runs when the budget is full", "[request_limiter]") {
  auto limiter = limiter_with({.tokens_per_minute = 100});
  REQUIRE(limiter->admit(250, kStartMs));
  CHECK_FALSE(limiter->admit(1, kStartMs + 89'999));
  CHECK(limiter->admit(1, kStartMs + 90'600));
}

TEST_CASE("changed limits keep what was used", "[request_limiter]") {
  auto limiter = limiter_with({.requests_per_minute = 10});
  for (int i = 0; i < 4; ++i) REQUIRE(limiter->admit(0, kStartMs));
  limiter->set_limits({.requests_per_minute = 5}, kStartMs);
  CHECK(limiter->admit(0, kStartMs));
  CHECK_FALSE(limiter->admit(0, kStartMs));
  limiter->set_limits({}, kStartMs);
  for (int i = 0; i < 100; ++i) CHECK(limiter->admit(0, kStartMs));
}

TEST_CASE("no minute admits more than twice its budget", "[request_limiter]") {
  std::mt19937 random(Catch::getSeed());
  auto limiter = limiter_with({.requests_per_minute = 30});
  int64_t now_ms = kStartMs;
  std::vector<int64_t> admitted_ms;
  for (int i = 0; i < 20'000; ++i) {
    now_ms += static_cast<int64_t>(random() % 200);
    if (limiter->admit(0, now_ms)) admitted_ms.push_back(now_ms);
  }
  // The budget itself and what flows in meanwhile.
  for (size_t i = 0; i + 61 < admitted_ms.size(); ++i) {
    CHECK(admitted_ms[i + 61] - admitted_ms[i] >= 60'000);
  }
  const auto minutes = static_cast<double>(now_ms - kStartMs) / 60'000;
  CHECK(static_cast<double>(admitted_ms.size()) >= minutes * 29);
}

}  // namespace
}  // namespace chatgate
