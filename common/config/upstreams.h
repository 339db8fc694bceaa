// The `upstreams` of the configuration's file. Internal to common/config.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config.h"

namespace chatgate {

// Looks up a variable of the environment; empty when it is not set.
using Lookup = std::function<std::string(const std::string& name)>;

// `key` itself, or what "env:NAME" or "file:PATH" points at; never empty.
Result<std::string> resolve_secret(const std::string& key, const Lookup& lookup);

// kInvalidArgument naming the path of what is wrong: `upstreams[1].wieght: unknown key; ...`.
Result<std::vector<UpstreamConfig>> parse_upstreams(const nlohmann::json& value,
                                                    const Lookup& lookup);

// The names of all variables that keys of `upstreams` refer to by "env:NAME".
std::set<std::string> variables_of_upstreams(const nlohmann::json& value);

// "openai=https://api.openai.com/v1,local=http://127.0.0.1:9000/v1", without credentials.
std::string summary_of(const std::vector<UpstreamConfig>& upstreams);

}  // namespace chatgate
