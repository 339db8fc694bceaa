#include "server/pipeline/job.h"

#include <atomic>

namespace chatgate {
namespace {

// Time of arrival and a serial number; never the same twice, even when the clock steps back.
RequestId next_request_id(const Clock& clock) {
  static std::atomic<int64_t> last{0};
  const int64_t fresh = clock.now().unix_ms << kRequestIdTimeShift;
  int64_t previous = last.load(std::memory_order_relaxed);
  int64_t next = 0;
  do {
    next = std::max(fresh, previous + 1);
  } while (!last.compare_exchange_weak(previous, next, std::memory_order_relaxed));
  return {next};
}

}  // namespace

Job::Job(PipelineParts& pipeline_parts, LoopContext& loop_context, const Route& request_route)
    : parts(pipeline_parts),
      context(loop_context),
      runtime(loop_context.runtime),
      route(request_route),
      id(next_request_id(pipeline_parts.clock)),
      started_ms(pipeline_parts.clock.steady_ms()) {}

Job::~Job() {
  if (has_hold) settle_detached(*this, is_client_gone || was_sent ? UsageStatus::kAborted
                                                                  : UsageStatus::kFailed);
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
