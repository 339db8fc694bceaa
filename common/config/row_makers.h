// The rows of the configuration's table, made in a line or two each. Internal to common/config.
#pragma once

#include <string>
#include <utility>

#include "common/config/config_row.h"
#include "common/net/address.h"

namespace chatgate {

inline constexpr int64_t kSecondMs = 1'000;
inline constexpr int64_t kDayMs = 86'400 * kSecondMs;

inline ConfigRow text(std::string name, std::string Settings::*field, std::string default_text,
                      std::string help, Normalize normalize = nullptr) {
  ConfigRow row;
  row.key = {std::move(name), "text", std::move(default_text), std::move(help), {}};
  row.field = field;
  row.normalize = normalize;
  return row;
}

inline ConfigRow decimal(std::string name, std::string Settings::*field, std::string help,
                         Normalize normalize) {
  ConfigRow row = text(std::move(name), field, "", std::move(help), normalize);
  row.key.type = "decimal";
  return row;
}

inline ConfigRow secret(ConfigRow row) {
  row.key.is_secret = true;
  return row;
}

inline ConfigRow number(std::string type, std::string name, int64_t Settings::*field,
                        std::string default_text, int64_t min, int64_t max, std::string help) {
  ConfigRow row;
  row.key = {std::move(name), std::move(type), std::move(default_text), std::move(help), {}};
  row.field = field;
  row.min = min;
  row.max = max;
  return row;
}

inline ConfigRow integer(std::string name, int64_t Settings::*field, std::string default_text,
                         int64_t min, int64_t max, std::string help) {
  return number("integer", std::move(name), field, std::move(default_text), min, max,
                std::move(help));
}

inline ConfigRow bytes(std::string name, int64_t Settings::*field, std::string default_text,
                       int64_t min, int64_t max, std::string help) {
  return number("bytes", std::move(name), field, std::move(default_text), min, max,
                std::move(help));
}

inline ConfigRow duration(std::string name, int64_t Settings::*field, std::string default_text,
                          int64_t min_ms, int64_t max_ms, std::string help) {
  return number("duration", std::move(name), field, std::move(default_text), min_ms, max_ms,
                std::move(help));
}

inline ConfigRow or_off(ConfigRow row) {
  row.zero_is_off = true;
  return row;
}

inline ConfigRow other(std::string type, std::string name, SettingsField field,
                       std::string default_text, std::string help, Normalize normalize = nullptr) {
  ConfigRow row;
  row.key = {std::move(name), std::move(type), std::move(default_text), std::move(help), {}};
  row.field = field;
  row.normalize = normalize;
  return row;
}

inline ConfigRow file_only(ConfigRow row) {
  row.key.file_only = true;
  return row;
}

inline Result<std::string> normalize_ip_range(std::string_view text) {
  return parse_ip_range(text).map([&](const IpRange&) { return std::string(text); });
}

}  // namespace chatgate
