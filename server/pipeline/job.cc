#include "server/pipeline/job.h"

namespace chatgate {

Job::Job(PipelineParts& pipeline_parts, LoopContext& loop_context, const Route& request_route)
    : parts(pipeline_parts),
      context(loop_context),
      runtime(loop_context.runtime),
      route(request_route),
      id(pipeline_parts.request_ids.next()),
      started_ms(pipeline_parts.clock.steady_ms()) {}

Job::~Job() {
  if (has_hold)
    settle_detached(*this,
                    is_client_gone || was_sent ? UsageStatus::kAborted : UsageStatus::kFailed);
}

int64_t Job::elapsed_ms() const { return parts.clock.steady_ms() - started_ms; }

void Job::interrupt() {
  is_client_gone = true;
  // With the drain policy an upstream that is already answering is read to the end.
  if (runtime->config.abort_policy == AbortPolicy::kCancel || !call) {
    if (call) call->interrupt();
    if (sleeping != nullptr) sleeping->notify();
  }
}

}  // namespace chatgate
