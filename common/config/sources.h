// What each source of the configuration gives, as texts by key, before any of it is read as a
// number or an address. Internal to common/config.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/config/config_row.h"

namespace chatgate {

struct Given {
  std::string text;
  std::string origin;  // "environment OPENAI_API_KEY"
};

// NOLINTNEXTLINE(bugprone-exception-escape): moving a json throws nothing.
struct Source {
  std::map<std::string, Given> values;  // by key
  nlohmann::json upstreams;             // from the file; null elsewhere
};

using Rows = std::vector<const ConfigRow*>;

// kInvalidArgument for a key that has no flag: unknown, secret, or only for the file.
Result<Source> collect_flags(const ConfigFlags& flags);

// Values of `rows` from the variables of their own names and of their aliases. Two that disagree
// are an error naming both, and so is a CHATGATE_ name that means nothing. `label` is "environment"
// or ".env"; aliases in `ignored` are passed over.
Result<Source> collect_environment(const Environment& environment, const std::string& label,
                                   const Rows& rows, const std::set<std::string>& ignored);

Result<Source> collect_file(const std::string& path);

// "file chatgate.json: idle_timeout: ..."; the key is left out where the origin spells it.
Error describe(const Given& given, const ConfigRow& row, const std::string& problem);

}  // namespace chatgate
