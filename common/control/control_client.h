// The shell's end of the control socket. Any thread; blocks it.
#pragma once

#include <string>
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

// The same over the socket at this path.
Result<std::vector<RunningRequest>> ask_gateway_at(const std::string& path,
                                                   const ControlRequest& request);

// A connection, non-blocking, to the gateway that serves the database; the caller closes it.
// Failures as above.
Result<int> connect_to_gateway(std::string_view database_url);

}  // namespace chatgate
