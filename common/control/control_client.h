// The shell's end of the control socket. Any thread; blocks it.
#pragma once

#include <string_view>
#include <vector>

#include "common/control/control_protocol.h"
#include "common/result.h"

namespace chatgate {

// Asks the gateway that serves the database and returns the requests that it answers with.
// kStoreUnavailable when no gateway serves it, or none can be asked; kRefused for the wrong user;
// kNotFound for an id that no running request has.
Result<std::vector<RunningRequest>> ask_gateway(std::string_view database_url,
                                                const ControlRequest& request);

}  // namespace chatgate
