#include "common/text/period.h"

#include <algorithm>
#include <chrono>

#include "common/text/time_text.h"

namespace chatgate {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr int64_t kHourMs = 3'600'000;

int64_t floor_to(int64_t value, int64_t step) {
  const int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

// A period of the calendar, in local milliseconds as if they were UTC.
struct LocalPeriod {
  int64_t from_ms;
  int64_t until_ms;
};

int64_t ms_of(local_days day) { return day.time_since_epoch().count() * kMsPerDay; }

LocalPeriod month_of(local_days day) {
  const year_month_day date{day};
  const year_month month = date.year() / date.month();
  return {ms_of(local_days{month / 1}), ms_of(local_days{(month + std::chrono::months{1}) / 1})};
}

LocalPeriod local_period_at(int64_t local_ms, PeriodKind kind) {
  const int64_t midnight_ms = floor_to(local_ms, kMsPerDay);
  const local_days day{days{static_cast<int>(midnight_ms / kMsPerDay)}};
  switch (kind) {
    case PeriodKind::kHour:
      return {floor_to(local_ms, kHourMs), floor_to(local_ms, kHourMs) + kHourMs};
    case PeriodKind::kWeek: {
      const int64_t since_monday = std::chrono::weekday{day}.iso_encoding() - 1;
      const int64_t monday_ms = midnight_ms - since_monday * kMsPerDay;
      return {monday_ms, monday_ms + 7 * kMsPerDay};
    }
    case PeriodKind::kMonth:
      return month_of(day);
    case PeriodKind::kDay:
      break;
  }
  return {midnight_ms, midnight_ms + kMsPerDay};
}

// A week belongs to the year of its Thursday.
std::string week_label(int64_t monday_ms) {
  const local_days thursday{days{static_cast<int>(monday_ms / kMsPerDay) + 3}};
  const std::chrono::year year = year_month_day{thursday}.year();
  const int64_t week = (thursday - local_days{year / 1 / 1}).count() / 7 + 1;
  return format_date({ms_of(thursday)}).substr(0, 4) + (week < 10 ? "-W0" : "-W") +
         std::to_string(week);
}

// The hour alone needs its offset: two hours of one day have the same number in autumn.
std::string hour_label(int64_t local_ms, int64_t offset_ms) {
  const std::string text = format_rfc3339({local_ms});
  return text.substr(0, text.find('.')) + format_offset(offset_ms);
}

}  // namespace

Period period_at(Timestamp time, PeriodKind kind, const TimeZone& zone) {
  const TimeZone::Span span = zone.span_at(time);
  const LocalPeriod local = local_period_at(time.unix_ms + span.offset_ms, kind);
  Period period;
  period.from = std::max(span.from, Timestamp{local.from_ms - span.offset_ms});
  period.until = std::min(span.until, Timestamp{local.until_ms - span.offset_ms});
  period.start = zone.moment_of(local.from_ms);
  switch (kind) {
    case PeriodKind::kHour:
      period.start = {local.from_ms - span.offset_ms};
      period.label = hour_label(local.from_ms, span.offset_ms);
      break;
    case PeriodKind::kDay:
      period.label = format_date({local.from_ms});
      break;
    case PeriodKind::kWeek:
      period.label = week_label(local.from_ms);
      break;
    case PeriodKind::kMonth:
      period.label = format_date({local.from_ms}).substr(0, 7);
      break;
  }
  return period;
}

TimeSpan last_whole_period(Timestamp now, PeriodKind kind, const TimeZone& zone) {
  const Timestamp until = period_at(now, kind, zone).start;
  return {period_at({until.unix_ms - 1}, kind, zone).start, until};
}

}  // namespace chatgate
