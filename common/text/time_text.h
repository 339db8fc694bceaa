// Moments as text and back, in the Gregorian calendar and a time zone, UTC unless another is given.
// Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"
#include "common/text/time_zone.h"

namespace chatgate {

// "2026-11-20T10:00:00.123Z" (RFC 3339), always with milliseconds, so that texts sort as times do.
// Years 0000 to 9999. In another zone "2026-11-20T11:00:00.123+01:00".
std::string format_rfc3339(Timestamp time, const TimeZone& zone = TimeZone::utc());
// "2026-11-20 10:00Z", "2026-11-20 11:00+01:00": for people and narrow tables.
std::string format_minute(Timestamp time, const TimeZone& zone = TimeZone::utc());
// "2026-11-20".
std::string format_date(Timestamp time);
// "Z", "+05:30", "-08:00"; rounded towards zero to the minute.
std::string format_offset(int64_t offset_ms);

// Which way a distance such as `30d` points from now.
enum class Direction : uint8_t { kPast, kFuture };

// "2026-12-01" (its first moment in `zone`), RFC 3339 with or without seconds, fraction and zone
// (`zone` when there is none; a space may stand for the T), "now", "today", "yesterday",
// "tomorrow", or a distance from now: "90m", "24h", "30d", "2w" in hours of the clock, "13mo", "1y"
// in the calendar. kInvalidArgument otherwise.
Result<Timestamp> parse_moment(std::string_view text, Timestamp now, Direction direction,
                               const TimeZone& zone = TimeZone::utc());

}  // namespace chatgate
