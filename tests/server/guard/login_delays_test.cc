#include "server/guard/login_delays.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

constexpr int64_t kMinuteMs = 60'000;

IpAddress ip(std::string_view text) { return parse_ip_address(text).value(); }
IpAddress numbered_ip(int number) {
  return ip("10." + std::to_string(number / 65536) + "." + std::to_string(number / 256 % 256) +
            "." + std::to_string(number % 256));
}

struct Fixture {
  LoginDelays delays;
  int64_t now_ms = 1'000'000;
  const IpAddress home = ip("192.0.2.1");
  const IpAddress elsewhere = ip("198.51.100.7");

  // How many of so many guesses at once are judged.
  int judged(std::string_view account, const IpAddress& address, int guesses) {
    int count = 0;
    for (int i = 0; i < guesses; ++i) count += delays.begin(account, address, now_ms) ? 1 : 0;
    return count;
  }
  void log_in(std::string_view account, const IpAddress& address) {
    const auto attempt = delays.begin(account, address, now_ms);
    REQUIRE(attempt);
    delays.succeeded(*attempt, now_ms);
  }
  // Guesses as soon as allowed, for so long.
  int guesses_within(std::string_view account, const IpAddress& address, int64_t span_ms) {
    int count = 0;
    const int64_t end_ms = now_ms + span_ms;
    while (now_ms < end_ms) {
      const auto attempt = delays.begin(account, address, now_ms);
      count += attempt ? 1 : 0;
      now_ms += attempt ? 0 : attempt.error().retry_after_ms;
    }
    return count;
  }
};

TEST_CASE_METHOD(Fixture, "after some failures each one doubles the wait", "[password]") {
  CHECK(judged("ann", home, 1000) == 10);  // all at the same time
  for (const int64_t wait_ms : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
    const auto refused = delays.begin("ann", home, now_ms);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kRateLimited);
    CHECK(refused.error().retry_after_ms == wait_ms);
    now_ms += wait_ms - 1;
    CHECK_FALSE(delays.begin("ann", home, now_ms));
    now_ms += 1;
    CHECK(delays.begin("ann", home, now_ms));
  }
}

TEST_CASE_METHOD(Fixture, "a guesser gets through a few passwords an hour", "[password]") {
  CHECK(guesses_within("ann", home, 60 * kMinuteMs) < 10 + 6 + 120);
}

TEST_CASE_METHOD(Fixture, "a log-in that succeeds does not count", "[password]") {
  for (int i = 0; i < 1000; ++i) log_in("ann", home);
  CHECK(delays.entry_count() == 0);
}

TEST_CASE_METHOD(Fixture, "an attack from elsewhere leaves the owner alone", "[password]") {
  log_in("ann", home);
  for (int i = 0; i < 500; ++i) (void)delays.begin("ann", numbered_ip(i), now_ms);
  CHECK_FALSE(delays.begin("ann", elsewhere, now_ms));  // the account is under attack
  log_in("ann", home);
}

TEST_CASE_METHOD(Fixture, "one attacker does not lock anybody out for long", "[password]") {
  (void)judged("ann", elsewhere, 1000);
  log_in("ann", home);  // who has never been here before
}

TEST_CASE_METHOD(Fixture, "an address that tries many accounts waits", "[password]") {
  int count = 0;
  for (int i = 0; i < 1000; ++i) {
    count += delays.begin("user" + std::to_string(i), elsewhere, now_ms) ? 1 : 0;
  }
  CHECK(count == 30);
  CHECK(delays.begin("ann", home, now_ms));
}

TEST_CASE_METHOD(Fixture, "a log-in of one's own does not pay for guesses at others",
                 "[password]") {
  for (int i = 0; i < 30; ++i) {
    (void)delays.begin("ann", elsewhere, now_ms);
    log_in("mallory", elsewhere);
    now_ms += 1;
  }
  CHECK_FALSE(delays.begin("ann", elsewhere, now_ms));
}

TEST_CASE_METHOD(Fixture, "a host with many IPv6 addresses counts once", "[password]") {
  int count = 0;
  for (int i = 1; i < 200; ++i) {
    count += delays.begin("ann", ip("2001:db8:1:1::" + std::to_string(i)), now_ms) ? 1 : 0;
  }
  CHECK(count == 10);
  CHECK(delays.begin("ann", ip("2001:db8:1:2::1"), now_ms));
}

TEST_CASE_METHOD(Fixture, "failures are forgotten after a while", "[password]") {
  (void)judged("ann", home, 1000);
  now_ms += 16 * kMinuteMs;
  CHECK(judged("ann", home, 1000) == 10);
}

TEST_CASE_METHOD(Fixture, "what was not judged does not count", "[password]") {
  for (int i = 0; i < 100; ++i) {
    const auto attempt = delays.begin("ann", home, now_ms);
    REQUIRE(attempt);
    delays.withdraw(*attempt);
  }
}

TEST_CASE_METHOD(Fixture, "however many fail, memory is bounded", "[password]") {
  for (int i = 0; i < 100'000; ++i) {
    (void)delays.begin("user" + std::to_string(i), numbered_ip(i), now_ms);
  }
  CHECK(delays.entry_count() <= LoginDelays::kEntriesMax);
}

}  // namespace
}  // namespace chatgate
