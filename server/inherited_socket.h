// A listening socket that systemd, or another program that speaks its protocol, opened for us and
// handed over at the start: see sd_listen_fds(3).
#pragma once

#include <optional>

#include "common/result.h"

namespace chatgate {

// The one socket that was handed to this process; none when LISTEN_PID names no or another process.
// The variables are taken out of the environment, so call this once and before any thread starts.
// kInvalidArgument for more than one socket, which nobody would serve.
Result<std::optional<int>> take_inherited_socket();

}  // namespace chatgate
