// Moments as text and back, in the Gregorian calendar and UTC. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"

namespace chatgate {

// "2026-11-20T10:00:00.123Z" (RFC 3339), always with milliseconds, so that texts sort as times do.
// Years 0000 to 9999.
std::string format_rfc3339(Timestamp time);
// "2026-11-20 10:00Z": for people and narrow tables.
std::string format_minute(Timestamp time);
// "2026-11-20".
std::string format_date(Timestamp time);

// Which way a distance such as `30d` points from now.
enum class Direction : uint8_t { kPast, kFuture };

// "2026-12-01" (its midnight in UTC), RFC 3339 with or without seconds, fraction and zone (UTC when
// there is none; a space may stand for the T), "now", "today", "yesterday", "tomorrow", or a
// distance from now: "90m", "24h", "30d", "2w", "13mo", "1y". kInvalidArgument otherwise.
Result<Timestamp> parse_moment(std::string_view text, Timestamp now, Direction direction);

}  // namespace chatgate
