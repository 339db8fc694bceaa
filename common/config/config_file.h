// Reads the configuration's file and turns its values into the texts that flags and environment
// also give. Internal to common/config.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

// The file's one object. kInvalidArgument for a file that cannot be read, for broken JSON (with
// line and column, never with the text there: it may be a secret), and for a name given twice.
Result<nlohmann::json> read_config_file(const std::string& path);

// `value` as text for a key of `type`: a list becomes "a,b", an object "a=x,b=y".
Result<std::string> text_of_json(std::string_view type, const nlohmann::json& value);

}  // namespace chatgate
