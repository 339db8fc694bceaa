// The zones of the IANA time zone database, as the system has it (tzdata): where a calendar day
// begins and how far local clocks are from UTC. Values, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"

namespace date {
class time_zone;
}

namespace chatgate {

class TimeZone {
 public:
  TimeZone() = default;  // UTC
  // "UTC", "Europe/Berlin", "Asia/Kolkata"; kInvalidArgument, with the nearest name, for another.
  static Result<TimeZone> find(std::string_view name);
  static const TimeZone& utc();

  const std::string& name() const { return name_; }
  bool is_utc() const { return zone_ == nullptr; }

  // A time in which the clocks are not changed: local = UTC + offset_ms in [from, until).
  struct Span {
    Timestamp from;
    Timestamp until;
    int64_t offset_ms = 0;
  };
  Span span_at(Timestamp time) const;
  int64_t offset_ms_at(Timestamp time) const { return span_at(time).offset_ms; }
  // The moment at which local clocks show `local_ms` (counted as if they showed UTC): the earlier
  // one where they show it twice, the moment of the change where they skip it.
  Timestamp moment_of(int64_t local_ms) const;

 private:
  std::string name_ = "UTC";
  const date::time_zone* zone_ = nullptr;  // lives as long as the program
};

}  // namespace chatgate
