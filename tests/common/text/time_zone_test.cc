#include "common/text/time_zone.h"

#include <catch2/catch_all.hpp>

#include "common/text/time_text.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr Timestamp kNow{1'795'168'800'000};  // 2026-11-20T10:00:00Z

TimeZone zone(const std::string& name) {
  const auto found = TimeZone::find(name);
  if (!found) FAIL(found.error().message);
  return *found;
}

std::string read(std::string_view text, const std::string& name) {
  const auto time = parse_moment(text, kNow, Direction::kPast, zone(name));
  return time ? format_rfc3339(*time) : "error";
}

}  // namespace

TEST_CASE("zones are found by their IANA names") {
  CHECK(zone("UTC").is_utc());
  CHECK(zone("utc").name() == "UTC");
  CHECK(zone("Europe/Berlin").name() == "Europe/Berlin");
  CHECK_FALSE(zone("Europe/Berlin").is_utc());
  for (const char* name : {"Europe/Berlim", "", "+01:00", "../../etc/passwd"}) {
    CHECK_FALSE(TimeZone::find(name));
  }
  CHECK_THAT(TimeZone::find("Europe/Berlim").error().message,
             ContainsSubstring("did you mean \"Europe/Berlin\"?"));
}

TEST_CASE("a zone's offset follows its summer time") {
  const TimeZone berlin = zone("Europe/Berlin");
  CHECK(berlin.offset_ms_at(kNow) == 3'600'000);
  CHECK(berlin.offset_ms_at({kNow.unix_ms - 90 * 86'400'000LL}) == 7'200'000);
  CHECK(TimeZone::utc().offset_ms_at(kNow) == 0);
  CHECK(format_rfc3339(kNow, berlin) == "2026-11-20T11:00:00.000+01:00");
  CHECK(format_minute(kNow, zone("America/St_Johns")) == "2026-11-20 06:30-03:30");
  CHECK(format_minute(kNow, zone("Asia/Kolkata")) == "2026-11-20 15:30+05:30");
}

TEST_CASE("times without a zone are read in the zone asked for") {
  CHECK(read("2026-11-20", "Europe/Berlin") == "2026-11-19T23:00:00.000Z");
  CHECK(read("2026-07-01 12:00", "Europe/Berlin") == "2026-07-01T10:00:00.000Z");
  CHECK(read("2026-07-01T12:00Z", "Europe/Berlin") == "2026-07-01T12:00:00.000Z");
  CHECK(read("2026-07-01T12:00+05:00", "Europe/Berlin") == "2026-07-01T07:00:00.000Z");
  CHECK(read("today", "Asia/Tokyo") == "2026-11-19T15:00:00.000Z");
  CHECK(read("yesterday", "America/New_York") == "2026-11-19T05:00:00.000Z");
  CHECK(read("24h", "America/New_York") == "2026-11-19T10:00:00.000Z");
  // The same time of the clock, which then was an hour earlier in UTC.
  CHECK(read("2mo", "Europe/Berlin") == "2026-09-20T09:00:00.000Z");
}

TEST_CASE("a time that the clocks skip is the moment of the change, one shown twice the earlier") {
  CHECK(read("2026-03-29 02:30", "Europe/Berlin") == "2026-03-29T01:00:00.000Z");
  CHECK(read("2026-10-25 02:30", "Europe/Berlin") == "2026-10-25T00:30:00.000Z");
  // A day that begins at one o'clock.
  CHECK(read("2026-04-24", "Africa/Cairo") == "2026-04-23T22:00:00.000Z");
}
