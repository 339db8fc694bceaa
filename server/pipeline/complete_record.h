// What the pipeline tells the access log of a request. On the job's loop, and only where there is a
// record: without an access log nothing of this runs.
#pragma once

#include "common/domain/usage_record.h"
#include "common/log/access_record.h"

namespace chatgate {

struct Job;

// How long an upstream was waited for; several attempts add up.
void note_upstream_wait(int64_t elapsed_ms, AccessRecord& record);
// What the books say of the request.
void note_charge(const UsageRecord& charged, AccessRecord& record);
// What was asked for, and of whom. REQUIRES: the job has a record.
void complete_record(const Job& job);

}  // namespace chatgate
