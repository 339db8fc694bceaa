// The jobs that run on a loop at this moment. Everything here belongs to that loop's thread, on its
// own stack.
#pragma once

#include "server/pipeline/pipeline.h"

namespace chatgate {

// Ends the loop's jobs whatever the abort policy, and those that still begin: what each has cost so
// far is settled. They are gone when job_count() is 0, which takes no longer than a commit.
void stop_jobs(LoopContext& context);

}  // namespace chatgate
