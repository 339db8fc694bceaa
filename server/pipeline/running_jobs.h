// The jobs that run on a loop at this moment. Everything here belongs to that loop's thread, on its
// own stack.
#pragma once

#include <optional>
#include <vector>

#include "common/control/control_protocol.h"
#include "server/pipeline/pipeline.h"

namespace chatgate {

// Ends the loop's jobs whatever the abort policy, and those that still begin: what each has cost so
// far is settled. They are gone when job_count() is 0, which takes no longer than a commit.
void stop_jobs(LoopContext& context);

// What they have reserved and not yet handed to the writer.
std::vector<Hold> holds_of_jobs(LoopContext& context);

// Those that have been admitted, the latest last.
std::vector<RunningRequest> describe_jobs(LoopContext& context);

// Ends a job whatever the abort policy, and tells its client so; returns it as it was. Nothing when
// no such job runs here, or when its charge is fixed already.
std::optional<RunningRequest> kill_job(LoopContext& context, RequestId id);

}  // namespace chatgate
