// One row of the configuration's table as the loader needs it: where its value goes and what it
// must satisfy. Internal to common/config.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/config/config.h"

namespace chatgate {

// The configuration with those keys that only serve to build a part of it.
struct Settings : Config {
  std::string upstream_url;
  std::string upstream_key;
  std::string upstream_proxy;
};

using TextMap = std::map<std::string, std::string>;
using RateMap = std::map<std::string, ExchangeRate>;
using Words = std::vector<std::string>;

using SettingsField = std::variant<std::monostate, std::string Settings::*, int64_t Settings::*,
                                   bool Settings::*, AbortPolicy Settings::*, Words Settings::*,
                                   TextMap Settings::*, RateMap Settings::*>;

// Checks one text (of a list: one word) and gives it in its normal form.
using Normalize = Result<std::string> (*)(std::string_view text);

struct ConfigRow {
  ConfigKey key;
  SettingsField field;
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  bool zero_is_off = false;       // 0 is allowed although it is below `min`
  Normalize normalize = nullptr;  // of an object: checks its names
};

const std::vector<ConfigRow>& config_rows();
const ConfigRow* find_config_row(std::string_view name);

// Names as they stand outside: "body_bytes_max" to CHATGATE_BODY_BYTES_MAX and --body-bytes-max.
std::string environment_name_of(const ConfigKey& key);
std::string flag_name_of(const ConfigKey& key);

// Whether `text` is the address of a database other than SQLite: "postgres://...", or
// "user:password@tcp(host:port)/name".
bool names_other_database(std::string_view text);
// Whether `text` is a URL or such an address, and so may hold a password.
bool is_address(std::string_view text);

// Of a listener that is off by default: empty where `text` is, or "off"; "on": this machine's own
// address; an address without a port gets `default_port`.
Result<std::string> normalize_optional_listen(std::string_view text, std::string_view default_port);

// Reads `text` into the row's field and returns it in its normal form, as `config show` prints it
// (but for secrets, which the caller masks).
Result<std::string> set_value(const ConfigRow& row, std::string_view text, Settings& settings);

// A value in its normal form as it may be shown: without secrets.
std::string shown_value(const ConfigRow& row, const std::string& value);

}  // namespace chatgate
