#include "common/text/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>

#include "common/text/quantity.h"
#include "common/text/suggest.h"

namespace chatgate {
namespace {

using std::chrono::milliseconds;

// Beyond these years no zone has rules, and the library's own arithmetic ends.
constexpr int64_t kMsMin = -62'135'596'800'000;  // 0001-01-01
constexpr int64_t kMsMax = 253'402'300'799'999;  // 9999-12-31

date::sys_time<milliseconds> sys_time_of(int64_t ms) {
  return date::sys_time<milliseconds>{milliseconds{std::clamp(ms, kMsMin, kMsMax)}};
}

int64_t ms_of(date::sys_seconds time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

const TimeZone& TimeZone::utc() {
  static const TimeZone zone;
  return zone;
}

Result<TimeZone> TimeZone::find(std::string_view name) {
  if (to_lower(name) == "utc") return TimeZone();
  try {
    const date::tzdb& database = date::get_tzdb();
    NearMiss near_miss(name);
    for (const date::time_zone& zone : database.zones) {
      if (zone.name() == name) {
        TimeZone found;
        found.name_ = zone.name();
        found.zone_ = &zone;
        return found;
      }
      near_miss.offer(zone.name());
    }
    return fail(ErrorCode::kInvalidArgument, "no time zone " + quote(name) +
                                                 did_you_mean(near_miss.best()) +
                                                 "; write UTC or a name such as Europe/Berlin");
  } catch (const std::exception& failure) {
    return fail(ErrorCode::kInvalidArgument,
                std::string("the system's time zones cannot be read (") + failure.what() +
                    "): install tzdata, or write UTC");
  }
}

TimeZone::Span TimeZone::span_at(Timestamp time) const {
  if (zone_ == nullptr) {
    return {{std::numeric_limits<int64_t>::min()}, {std::numeric_limits<int64_t>::max()}, 0};
  }
  const date::sys_info info = zone_->get_info(sys_time_of(time.unix_ms));
  return {{ms_of(info.begin)},
          {ms_of(info.end)},
          std::chrono::duration_cast<milliseconds>(info.offset).count()};
}

Timestamp TimeZone::moment_of(int64_t local_ms) const {
  if (zone_ == nullptr) return {local_ms};
  const date::local_time<milliseconds> local{sys_time_of(local_ms).time_since_epoch()};
  const date::local_info info = zone_->get_info(local);
  if (info.result == date::local_info::nonexistent) return {ms_of(info.first.end)};
  return {local_ms - std::chrono::duration_cast<milliseconds>(info.first.offset).count()};
}

}  // namespace chatgate
