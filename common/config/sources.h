// What each source of the configuration gives, as texts by key, before any of it is read as a
// number or an address. Internal to common/config.
#pragma once

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/config/config_row.h"

namespace chatgate {

struct Given {
  std::string text;
  std::string origin;     // "environment OPENAI_API_KEY"
  std::string name = {};  // "OPENAI_API_KEY"
};

// NOLINTNEXTLINE(bugprone-exception-escape): moving a json throws nothing.
struct Source {
  std::map<std::string, Given> values;  // by key
  nlohmann::json upstreams;             // from the file; null elsewhere
  std::optional<Given> host;            // of `listen`, where they come apart
  std::optional<Given> port;
  std::optional<Given> other_database;  // a foreign name's address of one that is not SQLite's
  std::vector<std::string> notes;       // sentences on what was passed over, and why
};

// The sources, the strongest first.
enum Strength : size_t { kFlag, kEnvironment, kDotEnv, kFile, kBotFile, kSourceCount };

struct Sources {
  std::array<Source, kSourceCount> all;

  // kSourceCount when none gives `key`.
  size_t strength_of(const std::string& key) const;
  // What the strongest of them gives; null when none does.
  const Given* find(const std::string& key) const;
};

using Rows = std::vector<const ConfigRow*>;

// kInvalidArgument for a key that has no flag: unknown, secret, or only for the file.
Result<Source> collect_flags(const ConfigFlags& flags);

// chatgate.json, or the file that --config names.
Result<Source> collect_file(const std::string& path);

// openai-api's config.json. It is taken for that program's when it has an `api_key`, when it has
// that program's keys alone, or, `is_expected`, when it has any of them; otherwise it is somebody
// else's file and gives nothing. Keys that the program did not know were ignored there and are
// here.
Result<Source> collect_bot_file(const std::string& path, bool is_expected);

// A port as the text of one; kInvalidArgument naming its origin.
Result<Given> checked_port(Given port);

// "file chatgate.json: idle_timeout: ..."; the key is left out where the origin spells it.
Error describe(const Given& given, const ConfigRow& row, const std::string& problem);

}  // namespace chatgate
