#include "server/pipeline/complete_record.h"

#include <algorithm>

#include "server/pipeline/job.h"

namespace chatgate {

void note_upstream_wait(int64_t elapsed_ms, AccessRecord& record) {
  record.upstream_ms = std::max<int64_t>(record.upstream_ms, 0) + elapsed_ms;
}

void note_charge(const UsageRecord& charged, AccessRecord& record) {
  record.prompt_tokens = charged.usage.prompt;
  record.completion_tokens = charged.usage.completion;
  record.cost = charged.cost;
  record.estimated = charged.estimated;
  record.outcome = name_of(charged.status);
}

void complete_record(const Job& job) {
  auto& record = *job.access;
  record.model = job.facts.model.substr(0, AccessRecord::kTextBytesMax);
  record.upstream = job.upstream_name;
  record.stream = job.facts.stream;
}

}  // namespace chatgate
