#include "common/domain/user.h"

#include <catch2/catch_all.hpp>

#include "common/text/time_text.h"

namespace chatgate {
namespace {

// "2026-11-20": first and last day, in words.
std::string days_of(BudgetPeriod period, const std::string& date) {
  const Timestamp time = parse_moment(date, {}, Direction::kPast).value();
  const BudgetDays days = days_around(period, day_of(time));
  CHECK(days.contains(day_of(time)));
  CHECK_FALSE(days.contains(days.end));
  return format_date(start_of_day(days.first)) + " " + format_date(start_of_day(days.end));
}

TEST_CASE("a budget's period is a day, a week from Monday or a month, of UTC") {
  CHECK(days_of(BudgetPeriod::kDay, "2026-11-20T23:59:59.999Z") == "2026-11-20 2026-11-21");
  CHECK(days_of(BudgetPeriod::kWeek, "2026-11-20") == "2026-11-16 2026-11-23");
  CHECK(days_of(BudgetPeriod::kWeek, "2026-11-16") == "2026-11-16 2026-11-23");
  CHECK(days_of(BudgetPeriod::kWeek, "2026-11-22T23:00:00Z") == "2026-11-16 2026-11-23");
  CHECK(days_of(BudgetPeriod::kWeek, "1970-01-01") == "1969-12-29 1970-01-05");
  CHECK(days_of(BudgetPeriod::kMonth, "2026-12-31T23:00:00Z") == "2026-12-01 2027-01-01");
  CHECK(days_of(BudgetPeriod::kMonth, "2028-02-29") == "2028-02-01 2028-03-01");
}

TEST_CASE("periods follow one another without a gap") {
  for (const auto period : {BudgetPeriod::kDay, BudgetPeriod::kWeek, BudgetPeriod::kMonth}) {
    for (int64_t day = -400; day < 40'000;) {
      const BudgetDays days = days_around(period, day);
      REQUIRE(days_around(period, days.end).first == days.end);
      REQUIRE(days_around(period, days.end - 1).first == days.first);
      day = days.end;
    }
    CHECK(parse_budget_period(name_of(period)) == period);
  }
}

TEST_CASE("a period's name has a near miss") {
  CHECK(parse_budget_period("wek").error().message ==
        "no period \"wek\"; did you mean \"week\"? (there are day, week and month)");
  CHECK_FALSE(parse_budget_period(""));
}

TEST_CASE("days are counted from 1970 on, and before") {
  CHECK(day_of(Timestamp{0}) == 0);
  CHECK(day_of(Timestamp{-1}) == -1);
  CHECK(day_of(Timestamp{kMsPerDay}) == 1);
  CHECK(start_of_day(2) == Timestamp{2 * kMsPerDay});
}

}  // namespace
}  // namespace chatgate
