// What the control socket is asked: which requests run now, and to end one. Called on the control
// thread; the jobs are looked at on their own loops, which are never held up.
#pragma once

#include <vector>

#include "common/control/control_protocol.h"
#include "server/pipeline/pipeline.h"

namespace chatgate {

// The running requests, oldest first, or the one that was ended. kNotFound for an id that none of
// them has, kOverloaded when a loop does not come round to it in time. REQUIRES: the contexts live
// as long as their loops run.
Result<std::vector<RunningRequest>> answer_about_inflight(const std::vector<LoopContext*>& contexts,
                                                          const ControlRequest& request);

}  // namespace chatgate
