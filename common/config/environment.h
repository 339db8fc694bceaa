// The process's environment and the `.env` file beside it, as plain values. Read at start and on
// SIGHUP, from any thread that no other changes the environment under.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

using Environment = std::map<std::string, std::string>;

Environment current_environment();

// Lines `NAME=value`, `export NAME=value`, `# comment`. A value may stand in single quotes (taken
// as it is) or double quotes (\n, \", \\ are read), over several lines. Empty when there is no such
// file; kInvalidArgument naming the line that is none of these.
Result<Environment> read_dot_env(const std::string& path);

// Variable `name` from the environment, else from ./.env; empty when neither has it.
Result<std::string> environment_value(std::string_view name);

}  // namespace chatgate
