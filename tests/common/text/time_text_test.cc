#include "common/text/time_text.h"

#include <catch2/catch_all.hpp>

using namespace chatgate;

namespace {

constexpr Timestamp kNow{1'795'168'800'000};  // 2026-11-20T10:00:00Z
constexpr int64_t kDayMs = 86'400'000;

std::string read(std::string_view text, Direction direction = Direction::kPast) {
  const auto time = parse_moment(text, kNow, direction);
  return time ? format_rfc3339(*time) : "error";
}

}  // namespace

TEST_CASE("a moment is printed in UTC") {
  CHECK(format_rfc3339({0}) == "1970-01-01T00:00:00.000Z");
  CHECK(format_rfc3339({kNow.unix_ms + 123}) == "2026-11-20T10:00:00.123Z");
  CHECK(format_rfc3339({-1}) == "1969-12-31T23:59:59.999Z");
  CHECK(format_minute(kNow) == "2026-11-20 10:00Z");
  CHECK(format_date(kNow) == "2026-11-20");
}

TEST_CASE("calendar times are read in every form that people write") {
  CHECK(read("2026-12-01") == "2026-12-01T00:00:00.000Z");
  CHECK(read("2024-02-29") == "2024-02-29T00:00:00.000Z");
  CHECK(read("2026-12-01T09:30") == "2026-12-01T09:30:00.000Z");
  CHECK(read("2026-12-01 09:30:15") == "2026-12-01T09:30:15.000Z");
  CHECK(read("2026-12-01T09:30:15.1239Z") == "2026-12-01T09:30:15.123Z");
  CHECK(read("2026-12-01T09:30:00+02:00") == "2026-12-01T07:30:00.000Z");
  CHECK(read("2026-12-01T23:30:00-05:30") == "2026-12-02T05:00:00.000Z");
}

TEST_CASE("words and distances are counted from now") {
  CHECK(read("now") == "2026-11-20T10:00:00.000Z");
  CHECK(read("today") == "2026-11-20T00:00:00.000Z");
  CHECK(read("Yesterday") == "2026-11-19T00:00:00.000Z");
  CHECK(read("tomorrow") == "2026-11-21T00:00:00.000Z");
  CHECK(read("7d") == "2026-11-13T10:00:00.000Z");
  CHECK(read("30d", Direction::kFuture) == "2026-12-20T10:00:00.000Z");
  CHECK(read("90m") == "2026-11-20T08:30:00.000Z");
  CHECK(read("13mo") == "2025-10-20T10:00:00.000Z");
  CHECK(read("1y", Direction::kFuture) == "2027-11-20T10:00:00.000Z");
}

TEST_CASE("a month that is shorter gives its last day") {
  const auto last_of_january = parse_moment("2027-01-31", kNow, Direction::kPast);
  REQUIRE(last_of_january);
  const auto later = parse_moment("1mo", *last_of_january, Direction::kFuture);
  REQUIRE(later);
  CHECK(format_date(*later) == "2027-02-28");
}

TEST_CASE("what is no time is refused") {
  for (const char* text : {"", "30", "2026-13-01", "2026-02-30", "2026-1-1", "2026-12-01T25:00",
                           "2026-12-01Tx", "2026-12-01T10:00:00.Z", "2026-12-01T10:00+1",
                           "last week", "-5d", "1.5d", "99999y", "999999999999d", "2026-12-01x"}) {
    INFO(text);
    CHECK(read(text) == "error");
  }
}

TEST_CASE("every day of four centuries survives printing and reading") {
  for (int64_t day = -25'567; day < 120'000; day += 17) {
    const Timestamp time{day * kDayMs};
    const auto again = parse_moment(format_date(time), kNow, Direction::kPast);
    REQUIRE(again);
    REQUIRE(again->unix_ms == time.unix_ms);
  }
}
