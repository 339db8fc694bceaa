// Hours, days, weeks and months of a time zone's calendar. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/clock.h"
#include "common/text/time_zone.h"

namespace chatgate {

enum class PeriodKind : uint8_t { kHour, kDay, kWeek, kMonth };

struct Period {
  // "2026-12-01T13:00:00+01:00", "2026-12-01", "2026-W49" (ISO 8601, from Monday), "2026-12".
  // Different periods of one kind have different labels.
  std::string label;
  Timestamp start;  // its first moment
  // What lies in [from, until), which holds the moment asked for, belongs to the period. All of it,
  // unless the clocks change within.
  Timestamp from;
  Timestamp until;
};
Period period_at(Timestamp time, PeriodKind kind, const TimeZone& zone);

// The last period that is over at `now`: [from, until).
struct TimeSpan {
  Timestamp from;
  Timestamp until;
};
TimeSpan last_whole_period(Timestamp now, PeriodKind kind, const TimeZone& zone);

}  // namespace chatgate
