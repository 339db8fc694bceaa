// What settings mean beyond the key that they give: a switch of one program that opens a door of
// chatgate, a key without which another program let everybody in. Internal to common/config.
#pragma once

#include <string>
#include <vector>

#include "common/config/config_row.h"
#include "common/config/environment_source.h"
#include "common/config/sources.h"

namespace chatgate {

struct Facts {
  const Sources& sources;
  const Variables& environment;
  const Variables& dot_env;
  Settings& settings;    // every key is in force
  LoadedConfig& loaded;  // but its config
};

// Completes settings, origins, notes and warnings. kInvalidArgument for what must not be: two keys
// that contradict each other, an empty operations key where others can reach it.
Result<void> apply_implications(const Facts& facts);

// The keys of the one upstream: openai-api's names hold several, separated by `|`.
std::vector<std::string> upstream_keys_of(const Given& given);

// `key` itself, or an error for a token of chatgate's own in its place. A gateway before another
// one has such a key, but then it names that one's URL.
Result<std::string> check_whose_key(const Given& given, std::string key, bool has_url);

ConfigOrigin& origin_of(LoadedConfig& loaded, std::string_view key);

}  // namespace chatgate
