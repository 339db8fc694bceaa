// One structured line per event on stderr: `time level event key=value ...`, or the same as a JSON
// object. Values are escaped, so that no input can forge a line; nothing secret is ever passed. Any
// thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/clock.h"

namespace chatgate::log {

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : uint8_t { kText, kJson };

struct Field {
  std::string_view key;
  std::variant<std::string_view, int64_t> value;
  bool is_left_out = false;
};
// A field that a line has only where there is something to say.
inline Field if_any(std::string_view key, std::string_view value) {
  return {key, value, value.empty()};
}

void set_level(Level level);
bool is_enabled(Level level);
std::optional<Level> level_of(std::string_view name);  // "debug", "info", "warn", "error"

void set_format(Format format);
Format format();                                         // text until another one is set
std::optional<Format> format_of(std::string_view name);  // "text", "json"

// The line that `write` would write at `time`, with its line feed.
std::string format_line(Timestamp time, Level level, std::string_view event,
                        std::initializer_list<Field> fields);
// The same in JSON: the members `time`, `level`, `event`, then the fields.
std::string format_json_line(Timestamp time, Level level, std::string_view event,
                             std::initializer_list<Field> fields);
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});
// Written as information whatever the least level is.
void announce(std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (is_enabled(Level::kDebug)) write(Level::kDebug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (is_enabled(Level::kInfo)) write(Level::kInfo, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (is_enabled(Level::kWarn)) write(Level::kWarn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (is_enabled(Level::kError)) write(Level::kError, event, fields);
}

}  // namespace chatgate::log
