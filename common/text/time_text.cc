#include "common/text/time_text.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::sys_time;
using std::chrono::year_month_day;

// 9999-12-31T23:59:59.999Z, the last that RFC 3339 can write.
constexpr int64_t kUnixMsMax = 253'402'300'799'999;

sys_time<milliseconds> time_point_of(Timestamp time) {
  return sys_time<milliseconds>{milliseconds{time.unix_ms}};
}

struct CivilTime {
  int year, month, day, hour, minute, second, millisecond;
};

CivilTime civil_of(Timestamp time) {
  const auto point = time_point_of(time);
  const auto midnight = std::chrono::floor<days>(point);
  const year_month_day date{midnight};
  const auto ms = static_cast<int>((point - midnight).count());
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          ms / 3'600'000,
          ms / 60'000 % 60,
          ms / 1000 % 60,
          ms % 1000};
}

template <class... Numbers>
std::string print(const char* format, Numbers... numbers) {
  char buffer[80];
  const int length = std::snprintf(buffer, sizeof buffer, format, numbers...);
  return {buffer, static_cast<size_t>(length)};
}

// Reads a moment's text from left to right; `ok` turns false at the first thing out of place.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  int digits(size_t count, int max) {
    int number = 0;
    if (rest.size() < count) ok = false;
    for (size_t i = 0; ok && i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') ok = false;
      number = number * 10 + (rest[i] - '0');
    }
    if (number > max) ok = false;
    if (ok) rest.remove_prefix(count);
    return ok ? number : 0;
  }
  bool accept(char c) {
    if (!ok || rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) ok = false;
  }
};

int64_t scan_fraction_ms(Scanner& scanner) {
  int64_t ms = 0;
  int64_t place = 100;
  if (!scanner.accept('.')) return 0;
  if (scanner.rest.empty() || scanner.rest.front() < '0' || scanner.rest.front() > '9') {
    scanner.ok = false;
  }
  while (!scanner.rest.empty() && scanner.rest.front() >= '0' && scanner.rest.front() <= '9') {
    ms += place * (scanner.rest.front() - '0');
    place /= 10;
    scanner.rest.remove_prefix(1);
  }
  return ms;
}

// The offset that a text ends with; nothing when it names none.
std::optional<int64_t> scan_offset_ms(Scanner& scanner) {
  if (scanner.rest.empty()) return std::nullopt;
  if (scanner.accept('Z') || scanner.accept('z')) return 0;
  const bool is_west = scanner.accept('-');
  if (!is_west) scanner.expect('+');
  const int hours = scanner.digits(2, 23);
  scanner.expect(':');
  const int minutes = scanner.digits(2, 59);
  const int64_t offset_ms = (hours * 60LL + minutes) * 60'000;
  return is_west ? -offset_ms : offset_ms;
}

std::optional<Timestamp> parse_calendar_time(std::string_view text, const TimeZone& zone) {
  Scanner scanner{text};
  const int year = scanner.digits(4, 9999);
  scanner.expect('-');
  const int month = scanner.digits(2, 12);
  scanner.expect('-');
  const int day = scanner.digits(2, 31);
  const year_month_day date{std::chrono::year{year},
                            std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!scanner.ok || !date.ok()) return std::nullopt;
  int64_t ms = sys_days{date}.time_since_epoch().count() * kMsPerDay;
  std::optional<int64_t> offset_ms;
  if (!scanner.rest.empty()) {
    if (!scanner.accept('T') && !scanner.accept('t')) scanner.expect(' ');
    ms += scanner.digits(2, 23) * 3'600'000LL;
    scanner.expect(':');
    ms += scanner.digits(2, 59) * 60'000LL;
    // A leap second, 60, is taken as the first second of the next minute.
    if (scanner.accept(':')) ms += scanner.digits(2, 60) * 1000LL + scan_fraction_ms(scanner);
    offset_ms = scan_offset_ms(scanner);
  }
  if (!scanner.ok || !scanner.rest.empty()) return std::nullopt;
  const Timestamp time = offset_ms ? Timestamp{ms - *offset_ms} : zone.moment_of(ms);
  return time.unix_ms > kUnixMsMax ? std::nullopt : std::optional(time);
}

std::optional<Timestamp> parse_day_word(std::string_view word, Timestamp now,
                                        const TimeZone& zone) {
  const int64_t local_ms = now.unix_ms + zone.offset_ms_at(now);
  const int64_t today_ms = local_ms - local_ms % kMsPerDay;
  if (word == "now") return now;
  if (word == "today") return zone.moment_of(today_ms);
  if (word == "yesterday") return zone.moment_of(today_ms - kMsPerDay);
  if (word == "tomorrow") return zone.moment_of(today_ms + kMsPerDay);
  return std::nullopt;
}

// The same time of the same day of another month, or of that month's last day when it is shorter.
Timestamp add_months(Timestamp time, int64_t count, const TimeZone& zone) {
  const auto point = time_point_of({time.unix_ms + zone.offset_ms_at(time)});
  const auto midnight = std::chrono::floor<days>(point);
  year_month_day date{midnight};
  date += months{count};
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return zone.moment_of((sys_days{date} + (point - midnight)).time_since_epoch().count());
}

std::optional<Timestamp> parse_distance(std::string_view text, Timestamp now, int64_t sign,
                                        const TimeZone& zone) {
  const auto months_of = [&](std::string_view suffix, int64_t factor) -> std::optional<Timestamp> {
    if (!text.ends_with(suffix)) return std::nullopt;
    const auto count = parse_integer(text.substr(0, text.size() - suffix.size()));
    if (!count || *count < 0 || *count > 9999) return std::nullopt;
    return add_months(now, sign * *count * factor, zone);
  };
  if (const auto time = months_of("mo", 1)) return time;
  if (const auto time = months_of("y", 12)) return time;
  const auto ms = parse_duration_ms(text);
  if (!ms || text == "0" || *ms > kUnixMsMax) return std::nullopt;
  return Timestamp{now.unix_ms + sign * *ms};
}

}  // namespace

std::string format_rfc3339(Timestamp time, const TimeZone& zone) {
  const int64_t offset_ms = zone.offset_ms_at(time);
  const CivilTime t = civil_of({time.unix_ms + offset_ms});
  return print("%04d-%02d-%02dT%02d:%02d:%02d.%03d", t.year, t.month, t.day, t.hour, t.minute,
               t.second, t.millisecond) +
         format_offset(offset_ms);
}

std::string format_minute(Timestamp time, const TimeZone& zone) {
  const int64_t offset_ms = zone.offset_ms_at(time);
  const CivilTime t = civil_of({time.unix_ms + offset_ms});
  return print("%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour, t.minute) +
         format_offset(offset_ms);
}

std::string format_date(Timestamp time) {
  const CivilTime t = civil_of(time);
  return print("%04d-%02d-%02d", t.year, t.month, t.day);
}

std::string format_offset(int64_t offset_ms) {
  const auto minutes = static_cast<int>(std::abs(offset_ms) / 60'000);
  if (offset_ms == 0) return "Z";
  return print("%c%02d:%02d", offset_ms < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

Result<Timestamp> parse_moment(std::string_view text, Timestamp now, Direction direction,
                               const TimeZone& zone) {
  const std::string_view word = trim(text);
  const int64_t sign = direction == Direction::kPast ? -1 : 1;
  if (const auto time = parse_day_word(to_lower(word), now, zone)) return *time;
  if (const auto time = parse_calendar_time(word, zone)) return *time;
  const auto time = parse_distance(word, now, sign, zone);
  if (time && time->unix_ms <= kUnixMsMax && time->unix_ms >= 0) return *time;
  return fail(ErrorCode::kInvalidArgument,
              quote(text) +
                  " is not a time; write 2026-12-01, 2026-12-01T09:30:00Z, yesterday, "
                  "24h, 30d, 2w, 6mo or 1y");
}

}  // namespace chatgate
