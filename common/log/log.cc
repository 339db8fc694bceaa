#include "common/log/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "common/clock.h"
#include "common/text/json_text.h"
#include "common/text/time_text.h"

namespace chatgate::log {
namespace {

std::atomic<Level> least_level{Level::kInfo};
std::atomic<Format> line_format{Format::kText};

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warn", "error"};
constexpr size_t kValueBytesMax = 4096;

bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '"' || c == '\\' || c == '=') return true;
  }
  return false;
}

void append_escaped(std::string& line, std::string_view value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else if (byte < ' ' || byte >= 0x7f) {
      // Beyond ASCII too: a reader's terminal would obey the controls that Unicode has.
      line += "\\x";
      line += kHex[byte >> 4];
      line += kHex[byte & 15];
    } else {
      line += c;
    }
  }
}

void append_value(std::string& line, std::string_view value) {
  const bool is_cut = value.size() > kValueBytesMax;
  value = value.substr(0, kValueBytesMax);
  if (!needs_quotes(value) && !is_cut) {
    line += value;
    return;
  }
  line += '"';
  append_escaped(line, value);
  line += is_cut ? "...\"" : "\"";
}

void append_json_value(std::string& line, std::string_view value) {
  if (value.size() <= kValueBytesMax) return append_json_string(line, value);
  append_json_string(line, std::string(value.substr(0, kValueBytesMax)) + "...");
}

// One write for one line, so that lines of several threads never mix; a pipe that takes only a
// part gets the rest after it. A log that cannot be written must not stop the gateway.
void write_line(const std::string& line) {
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

void write_event(Level level, std::string_view event, std::initializer_list<Field> fields) {
  const auto now = system_clock().now();
  write_line(format() == Format::kJson ? format_json_line(now, level, event, fields)
                                       : format_line(now, level, event, fields));
}

}  // namespace

void set_level(Level level) { least_level.store(level, std::memory_order_relaxed); }

bool is_enabled(Level level) { return level >= least_level.load(std::memory_order_relaxed); }

std::optional<Level> level_of(std::string_view name) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

void set_format(Format format) { line_format.store(format, std::memory_order_relaxed); }

Format format() { return line_format.load(std::memory_order_relaxed); }

std::optional<Format> format_of(std::string_view name) {
  if (name == "text") return Format::kText;
  if (name == "json") return Format::kJson;
  return std::nullopt;
}

std::string format_line(Timestamp time, Level level, std::string_view event,
                        std::initializer_list<Field> fields) {
  std::string line = format_rfc3339(time);
  line += ' ';
  line += kLevelNames.at(static_cast<size_t>(level));
  line += ' ';
  append_value(line, event);
  for (const Field& field : fields) {
    if (field.is_left_out) continue;
    line += ' ';
    line += field.key;
    line += '=';
    if (const auto* number = std::get_if<int64_t>(&field.value)) {
      line += std::to_string(*number);
    } else {
      append_value(line, std::get<std::string_view>(field.value));
    }
  }
  line += '\n';
  return line;
}

std::string format_json_line(Timestamp time, Level level, std::string_view event,
                             std::initializer_list<Field> fields) {
  std::string line = "{\"time\":\"" + format_rfc3339(time) + "\",\"level\":\"";
  line += kLevelNames.at(static_cast<size_t>(level));
  line += "\",\"event\":";
  append_json_value(line, event);
  for (const Field& field : fields) {
    if (field.is_left_out) continue;
    line += ',';
    append_json_string(line, field.key);
    line += ':';
    if (const auto* number = std::get_if<int64_t>(&field.value)) {
      line += std::to_string(*number);
    } else {
      append_json_value(line, std::get<std::string_view>(field.value));
    }
  }
  line += "}\n";
  return line;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (is_enabled(level)) write_event(level, event, fields);
}

void announce(std::string_view event, std::initializer_list<Field> fields) {
  write_event(Level::kInfo, event, fields);
}

}  // namespace chatgate::log
