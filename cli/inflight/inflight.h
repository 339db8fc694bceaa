// What the verbs about running requests share.
#pragma once

#include <vector>

#include "cli/context.h"
#include "cli/output.h"
#include "common/control/control_protocol.h"

namespace chatgate {

// Asks the gateway that serves the context's database, and names users and tokens, which the
// gateway knows by number alone, from the database.
Result<Table> ask_for_running(const ControlRequest& request, Context& context);

}  // namespace chatgate
