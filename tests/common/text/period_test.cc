#include "common/text/period.h"

#include <catch2/catch_all.hpp>

#include "common/text/time_text.h"

using namespace chatgate;

namespace {

TimeZone zone(const std::string& name) {
  const auto found = TimeZone::find(name);
  if (!found) FAIL(found.error().message);
  return *found;
}

Timestamp at(std::string_view text) {
  const auto time = parse_moment(text, {0}, Direction::kPast);
  if (!time) FAIL(time.error().message);
  return *time;
}

std::string label(std::string_view text, PeriodKind kind, const std::string& name = "UTC") {
  return period_at(at(text), kind, zone(name)).label;
}

}  // namespace

TEST_CASE("periods are named so that names sort as times do") {
  CHECK(label("2026-11-20T10:59:59Z", PeriodKind::kHour) == "2026-11-20T10:00:00Z");
  CHECK(label("2026-11-20T10:59:59Z", PeriodKind::kDay) == "2026-11-20");
  CHECK(label("2026-11-20T10:59:59Z", PeriodKind::kMonth) == "2026-11");
  CHECK(label("2026-11-20T23:30:00Z", PeriodKind::kDay, "Europe/Berlin") == "2026-11-21");
  CHECK(label("2026-11-20T23:30:00Z", PeriodKind::kHour, "Asia/Kolkata") ==
        "2026-11-21T05:00:00+05:30");
  CHECK(label("2026-12-31T23:30:00Z", PeriodKind::kMonth, "Europe/Berlin") == "2027-01");
}

TEST_CASE("weeks are those of ISO 8601") {
  CHECK(label("2026-01-01", PeriodKind::kWeek) == "2026-W01");
  CHECK(label("2026-01-04T23:59Z", PeriodKind::kWeek) == "2026-W01");
  CHECK(label("2026-01-05", PeriodKind::kWeek) == "2026-W02");
  CHECK(label("2026-12-31", PeriodKind::kWeek) == "2026-W53");
  CHECK(label("2027-01-03", PeriodKind::kWeek) == "2026-W53");
  CHECK(label("2025-12-29", PeriodKind::kWeek) == "2026-W01");
  CHECK(label("2026-01-04T23:30Z", PeriodKind::kWeek, "Europe/Berlin") == "2026-W02");
}

TEST_CASE("each moment belongs to one period, across changes of the clock") {
  for (const char* name : {"UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe",
                           "America/St_Johns", "Africa/Cairo", "America/Havana"}) {
    const TimeZone here = zone(name);
    for (const PeriodKind kind :
         {PeriodKind::kHour, PeriodKind::kDay, PeriodKind::kWeek, PeriodKind::kMonth}) {
      const Timestamp end = at("2026-12-01");
      Timestamp last_start{0};
      std::string last_label;
      for (Timestamp time = at("2026-03-01"); time < end;) {
        const Period period = period_at(time, kind, here);
        INFO(name << " " << period.label);
        REQUIRE(period.from <= time);
        REQUIRE(period.until > time);
        REQUIRE(period.start <= time);
        REQUIRE(
            (period.label == last_label || period.label > last_label || kind == PeriodKind::kHour));
        REQUIRE(period.start >= last_start);
        REQUIRE(period_at({period.until.unix_ms - 1}, kind, here).label == period.label);
        last_start = period.start;
        last_label = period.label;
        time = period.until;
      }
    }
  }
}

TEST_CASE("a day of the change has 23 or 25 hours, and its hours have names of their own") {
  const TimeZone berlin = zone("Europe/Berlin");
  const auto hours_of = [&](std::string_view day, std::string_view next) {
    std::vector<std::string> labels;
    for (Timestamp time = *parse_moment(day, {0}, Direction::kPast, berlin);
         time < *parse_moment(next, {0}, Direction::kPast, berlin);) {
      const Period hour = period_at(time, PeriodKind::kHour, berlin);
      labels.push_back(hour.label);
      time = hour.until;
    }
    return labels;
  };
  CHECK(hours_of("2026-03-29", "2026-03-30").size() == 23);
  const auto autumn = hours_of("2026-10-25", "2026-10-26");
  REQUIRE(autumn.size() == 25);
  CHECK(autumn[2] == "2026-10-25T02:00:00+02:00");
  CHECK(autumn[3] == "2026-10-25T02:00:00+01:00");
  CHECK(period_at(at("2026-10-25T12:00Z"), PeriodKind::kDay, berlin).start ==
        at("2026-10-24T22:00Z"));
}

TEST_CASE("the last whole period is the one before this") {
  const auto last = [](PeriodKind kind, const std::string& name) {
    const TimeSpan span = last_whole_period(at("2026-11-20T10:00Z"), kind, zone(name));
    return format_minute(span.from) + " " + format_minute(span.until);
  };
  CHECK(last(PeriodKind::kDay, "UTC") == "2026-11-19 00:00Z 2026-11-20 00:00Z");
  CHECK(last(PeriodKind::kWeek, "UTC") == "2026-11-09 00:00Z 2026-11-16 00:00Z");
  CHECK(last(PeriodKind::kMonth, "UTC") == "2026-10-01 00:00Z 2026-11-01 00:00Z");
  CHECK(last(PeriodKind::kMonth, "Europe/Berlin") == "2026-09-30 22:00Z 2026-10-31 23:00Z");
}
