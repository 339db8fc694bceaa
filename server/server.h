// The gateway as a whole. server.cc alone knows all the parts and wires them.
#pragma once

#include <string>

#include "common/config/config.h"
#include "common/result.h"

namespace chatgate {

// Serves until SIGTERM or SIGINT has been obeyed. `config_file` and `flags` as for load_config;
// SIGHUP reads the configuration again. Errors say in one sentence what to do. The value is the
// exit status: 0 after an orderly end, 1 when a second signal cut requests off.
// With `may_take_over` a gateway that serves the database already is replaced.
Result<int> run_server(const std::string& config_file, const ConfigFlags& flags,
                       bool may_take_over = false);

}  // namespace chatgate
