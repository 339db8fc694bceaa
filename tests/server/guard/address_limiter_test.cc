#include "server/guard/address_limiter.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch_all.hpp>
#include <deque>
#include <map>
#include <random>
#include <thread>

#include "tests/support/manual_clock.h"

namespace chatgate {
namespace {

constexpr int64_t kSecondMs = 1'000;
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr unsigned kAll = 0b1111;

IpAddress address_of(const std::string& text) { return parse_ip_address(text).value(); }
const IpAddress kAnn = address_of("192.0.2.1");
const IpAddress kBob = address_of("192.0.2.2");

// The n-th IPv4 address.
IpAddress numbered(uint32_t n) {
  IpAddress address = address_of("0.0.0.0");
  for (size_t i = 0; i < 4; ++i) address.bytes.at(15 - i) = static_cast<uint8_t>(n >> (8 * i));
  return address;
}

AddressLimiter::Rules rules_of(int64_t second, int64_t minute, int64_t hour) {
  return {AddressRule{second, kSecondMs}, {minute, kMinuteMs}, {hour, kHourMs}, {}};
}

struct Fixture {
  ManualClock clock;
  AddressLimiter limiter;

  void set_rules(const AddressLimiter::Rules& rules) {
    limiter.set_rules(rules, clock.steady_ms());
  }
  AddressLimiter::Verdict ask(const IpAddress& address, unsigned wanted = kAll) {
    return limiter.admit(address, wanted, clock.steady_ms());
  }
  // How many of so many requests at once are admitted.
  int count_admitted(const IpAddress& address, int requests, unsigned wanted = kAll) {
    int admitted = 0;
    for (int i = 0; i < requests; ++i) admitted += ask(address, wanted).is_admitted ? 1 : 0;
    return admitted;
  }
};

TEST_CASE_METHOD(Fixture, "without rules everybody passes and nobody is remembered",
                 "[address_limiter]") {
  CHECK(count_admitted(kAnn, 100) == 100);
  set_rules({});
  CHECK(count_admitted(kAnn, 100) == 100);
  CHECK(ask(kAnn).place == AddressLimiter::kRulesMax);
  CHECK(limiter.entry_count() == 0);
}

TEST_CASE_METHOD(Fixture, "each address has limits of its own", "[address_limiter]") {
  set_rules(rules_of(0, 3, 0));
  CHECK(count_admitted(kAnn, 10) == 3);
  CHECK(count_admitted(kBob, 10) == 3);
  CHECK(limiter.entry_count() == 2);
}

TEST_CASE_METHOD(Fixture, "no minute sees more than the limit, wherever it begins",
                 "[address_limiter]") {
  set_rules(rules_of(0, 3, 0));
  const int64_t began_ms = clock.steady_ms();
  const auto ask_at = [&](int64_t ms) {
    clock.advance_ms(began_ms + ms - clock.steady_ms());
    return ask(kAnn).is_admitted;
  };
  CHECK(ask_at(0));
  CHECK(ask_at(55'000));
  CHECK(ask_at(56'000));
  CHECK_FALSE(ask_at(59'999));
  CHECK(ask_at(60'000));
  CHECK_FALSE(ask_at(60'001));
  CHECK_FALSE(ask_at(114'999));
  CHECK(ask_at(115'000));
}

TEST_CASE_METHOD(Fixture, "the answer tells to the millisecond when to come again",
                 "[address_limiter]") {
  set_rules(rules_of(1, 3, 50));
  for (int i = 0; i < 200; ++i) {
    auto verdict = ask(kAnn);
    if (verdict.is_admitted) {
      clock.advance_ms(i % 700);
      continue;
    }
    clock.advance_ms(verdict.retry_after_ms - 1);
    CHECK_FALSE(ask(kAnn).is_admitted);
    clock.advance_ms(1);
    CHECK(ask(kAnn).is_admitted);
  }
}

TEST_CASE_METHOD(Fixture, "a refused request takes nothing from any rule", "[address_limiter]") {
  set_rules(rules_of(1, 3, 4));
  int admitted = 0;
  for (int second = 0; second < 3; ++second) {
    admitted += count_admitted(kAnn, 100);
    clock.advance_ms(kSecondMs);
  }
  CHECK(admitted == 3);
  const auto refused = ask(kAnn);
  CHECK(refused.place == 1);
  CHECK(refused.limit == 3);
  CHECK(refused.remaining == 0);
  CHECK(refused.retry_after_ms == kMinuteMs - 3 * kSecondMs);
  clock.advance_ms(kMinuteMs);
  CHECK(count_admitted(kAnn, 100) == 1);  // the hour had one left
  clock.advance_ms(kMinuteMs);
  CHECK(ask(kAnn).place == 2);
}

TEST_CASE_METHOD(Fixture, "what is left is told of the narrowest rule", "[address_limiter]") {
  set_rules(rules_of(10, 4, 100));
  const auto verdict = ask(kAnn);
  CHECK(verdict.place == 1);
  CHECK(verdict.limit == 4);
  CHECK(verdict.remaining == 3);
  CHECK(verdict.reset_ms == kMinuteMs);
}

TEST_CASE_METHOD(Fixture, "a bucket gives its burst at once and then an even flow",
                 "[address_limiter]") {
  set_rules({AddressRule{}, {}, {}, {1, kSecondMs, 2}});
  CHECK(count_admitted(kAnn, 10) == 2);
  const auto refused = ask(kAnn);
  CHECK(refused.retry_after_ms == kSecondMs);
  CHECK(refused.limit == 2);
  clock.advance_ms(kSecondMs - 1);
  CHECK(count_admitted(kAnn, 10) == 0);
  clock.advance_ms(1);
  CHECK(count_admitted(kAnn, 10) == 1);
  clock.advance_ms(kHourMs);
  CHECK(count_admitted(kAnn, 10) == 2);
  set_rules({AddressRule{}, {}, {}, {3, kSecondMs, 1}});  // does not divide a second evenly
  clock.advance_ms(kHourMs);
  CHECK(count_admitted(kAnn, 10) == 1);
  CHECK(ask(kAnn).retry_after_ms == 334);
  clock.advance_ms(333);
  CHECK(count_admitted(kAnn, 10) == 0);
  clock.advance_ms(1);
  CHECK(count_admitted(kAnn, 10) == 1);
}

TEST_CASE_METHOD(Fixture, "only the rules that are asked for count", "[address_limiter]") {
  set_rules({AddressRule{}, {5, kMinuteMs}, {}, {1, kSecondMs, 2}});
  CHECK(count_admitted(kAnn, 10, 0b1000) == 2);
  CHECK(count_admitted(kAnn, 10, 0b0111) == 5);
  clock.advance_ms(2 * kSecondMs);
  CHECK(count_admitted(kAnn, 10, 0b1111) == 0);  // the minute refuses, and
  CHECK(count_admitted(kAnn, 10, 0b1000) == 2);  // the bucket has lost nothing
}

TEST_CASE_METHOD(Fixture, "IPv6 counts by its /64, IPv4 by its address", "[address_limiter]") {
  set_rules(rules_of(0, 4, 0));
  CHECK(count_admitted(address_of("2001:db8:0:1::1"), 2) == 2);
  CHECK(count_admitted(address_of("2001:db8:0:1:ffff::9"), 10) == 2);
  CHECK(count_admitted(address_of("2001:db8:0:2::1"), 10) == 4);
  CHECK(count_admitted(address_of("::ffff:192.0.2.1"), 3) == 3);
  CHECK(count_admitted(kAnn, 10) == 1);
  CHECK(count_admitted(kBob, 10) == 4);
  CHECK(count_admitted(address_of("::1"), 10) == 4);
}

// Limits of up to 8 are exact in both directions: as if every request were remembered.
TEST_CASE_METHOD(Fixture, "small limits decide as a list of all requests would",
                 "[address_limiter]") {
  std::mt19937 random(Catch::getSeed());
  const auto rules = rules_of(2, 5, 8);
  set_rules(rules);
  std::map<uint32_t, std::deque<int64_t>> admitted;
  int refusals = 0;
  for (int i = 0; i < 30'000; ++i) {
    if (random() % 3 == 0) clock.advance_ms(static_cast<int64_t>(random() % (1U << random() % 18)));
    const auto who = static_cast<uint32_t>(random() % 5);
    auto& times = admitted[who];
    const int64_t now_ms = clock.steady_ms();
    int64_t wait_ms = 0;
    for (const auto& rule : rules) {
      const auto limit = static_cast<size_t>(rule.requests);
      if (rule.requests == 0 || times.size() < limit) continue;
      wait_ms = std::max(wait_ms, times[times.size() - limit] + rule.period_ms - now_ms);
    }
    const auto verdict = ask(numbered(who));
    REQUIRE(verdict.is_admitted == (wait_ms <= 0));
    if (verdict.is_admitted) {
      times.push_back(now_ms);
    } else {
      ++refusals;
      REQUIRE(verdict.retry_after_ms == wait_ms);
    }
  }
  CHECK(refusals > 1'000);
}

TEST_CASE_METHOD(Fixture, "larger limits are never exceeded and lag an eighth at most",
                 "[address_limiter]") {
  std::mt19937 random(Catch::getSeed());
  const auto rules = rules_of(9, 40, 500);
  set_rules(rules);
  std::vector<int64_t> times;
  int refusals = 0;
  for (int i = 0; i < 60'000; ++i) {
    if (random() % 4 == 0) clock.advance_ms(static_cast<int64_t>(random() % (1U << random() % 16)));
    const int64_t now_ms = clock.steady_ms();
    const auto count_since = [&](int64_t since_ms) {
      return times.end() - std::upper_bound(times.begin(), times.end(), since_ms);
    };
    const bool is_admitted = ask(kAnn).is_admitted;
    bool may_pass = true;
    bool must_pass = true;
    for (const auto& rule : rules) {
      if (rule.requests == 0) continue;
      may_pass = may_pass && count_since(now_ms - rule.period_ms) < rule.requests;
      must_pass = must_pass && count_since(now_ms - rule.period_ms * 9 / 8 - 1) < rule.requests;
    }
    REQUIRE((may_pass || !is_admitted));
    REQUIRE((!must_pass || is_admitted));
    if (is_admitted) times.push_back(now_ms);
    refusals += is_admitted ? 0 : 1;
  }
  CHECK(refusals > 1'000);
}

TEST_CASE_METHOD(Fixture, "requests at once pass exactly as often as the limit says",
                 "[address_limiter]") {
  set_rules(rules_of(0, 100, 0));
  for (uint32_t round = 0; round < 20; ++round) {
    std::atomic<int> admitted = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { admitted += count_admitted(numbered(round), 50); });
    }
    for (auto& thread : threads) thread.join();
    REQUIRE(admitted == 100);
  }
}

TEST_CASE_METHOD(Fixture, "other limits forget nothing that was used", "[address_limiter]") {
  set_rules(rules_of(0, 5, 100));
  CHECK(count_admitted(kAnn, 4) == 4);
  set_rules(rules_of(0, 6, 100));
  CHECK(count_admitted(kAnn, 10) == 2);
  set_rules(rules_of(0, 2, 100));
  CHECK(count_admitted(kAnn, 10) == 0);
  clock.advance_ms(ask(kAnn).retry_after_ms - 1);
  CHECK(count_admitted(kAnn, 10) == 0);
  clock.advance_ms(1);
  CHECK(count_admitted(kAnn, 10) == 2);  // all six were made at one moment
  set_rules(rules_of(0, 0, 9));
  CHECK(count_admitted(kAnn, 10) == 1);
  set_rules(rules_of(0, 0, 1));
  CHECK(count_admitted(kAnn, 10) == 0);
  set_rules({AddressRule{}, {}, {}, {1, kSecondMs, 10}});
  CHECK(count_admitted(kAnn, 7) == 7);
  set_rules({AddressRule{}, {}, {}, {2, kSecondMs, 9}});
  CHECK(count_admitted(kAnn, 10) == 2);
}

TEST_CASE_METHOD(Fixture, "rules may change while requests are judged", "[address_limiter]") {
  std::atomic<bool> is_done = false;
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      std::mt19937 random(i);
      while (!is_done) ask(numbered(static_cast<uint32_t>(random() % 1000)));
    });
  }
  for (int i = 0; i < 50; ++i) {
    set_rules(rules_of(i % 3, 5 * (i % 7), 100));
    clock.advance_ms(100);
  }
  is_done = true;
  for (auto& thread : threads) thread.join();
  CHECK(limiter.entry_count() <= 1000);
}

TEST_CASE("addresses whose places are all back make room for new ones", "[address_limiter]") {
  AddressLimiter limiter;
  limiter.set_rules(rules_of(1, 0, 0), 0);
  int64_t now_ms = kHourMs;
  for (uint32_t n = 0; n < 200'000; ++n) {
    if (n % 1'000 == 0) now_ms += kSecondMs;
    REQUIRE(limiter.admit(numbered(n), kAll, now_ms).is_admitted);
  }
  CHECK(limiter.entry_count() < 10'000);
}

TEST_CASE("a flood of addresses locks nobody out and frees nobody who used up his limits",
          "[address_limiter]") {
  constexpr size_t kMax = 4'096;
  AddressLimiter limiter(kMax);
  limiter.set_rules(rules_of(0, 0, 5), 0);
  const int64_t now_ms = kHourMs;
  for (int i = 0; i < 5; ++i) REQUIRE(limiter.admit(kAnn, kAll, now_ms).is_admitted);
  for (uint32_t n = 0; n < 1'000'000; ++n) {
    const auto other = numbered(0x0a00'0000U + n);
    REQUIRE(limiter.admit(other, kAll, now_ms).is_admitted);
  }
  CHECK(limiter.entry_count() <= kMax + kMax / 8);
  CHECK_FALSE(limiter.admit(kAnn, kAll, now_ms).is_admitted);
  CHECK(limiter.admit(kBob, kAll, now_ms).is_admitted);
}

TEST_CASE("a million addresses are limited as exactly as one", "[address_limiter]") {
  AddressLimiter limiter;
  limiter.set_rules(rules_of(1, 3, 50), 0);
  CHECK(limiter.entry_bytes() <= 120);
  const int64_t now_ms = kHourMs;
  constexpr uint32_t kCount = 1'000'000;
  for (uint32_t n = 0; n < kCount; ++n) {
    REQUIRE(limiter.admit(numbered(n * 2'654'435'761U), kAll, now_ms).is_admitted);
  }
  uint32_t refused = 0;
  for (uint32_t n = 0; n < kCount; ++n) {
    refused += limiter.admit(numbered(n * 2'654'435'761U), kAll, now_ms).is_admitted ? 0 : 1;
  }
  CHECK(refused == kCount);
  CHECK(limiter.entry_count() == kCount);
}

TEST_CASE("what a decision costs", "[address_limiter][.bench]") {
  AddressLimiter limiter;
  limiter.set_rules(rules_of(1'000'000, 1'000'000, 1'000'000), 0);
  uint32_t n = 0;
  BENCHMARK("one address") { return limiter.admit(kAnn, kAll, kHourMs + n++ / 1'000).remaining; };
  for (uint32_t i = 0; i < 1'000'000; ++i)
    limiter.admit(numbered(i * 2'654'435'761U), kAll, kHourMs);
  BENCHMARK("one of a million addresses") {
    return limiter.admit(numbered(n++ % 1'000'000 * 2'654'435'761U), kAll, kHourMs).remaining;
  };
}

}  // namespace
}  // namespace chatgate
