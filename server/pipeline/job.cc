#include "server/pipeline/job.h"

#include "server/pipeline/complete_record.h"

namespace chatgate {

Job::Job(PipelineParts& pipeline_parts, LoopContext& loop_context, Route request_route,
         RequestId request_id)
    : parts(pipeline_parts),
      context(loop_context),
      runtime(loop_context.runtime),
      route(std::move(request_route)),
      id(request_id),
      started_ms(pipeline_parts.clock.steady_ms()) {
  insert_before(context.jobs);
  context.count_job(1);
}

Job::~Job() {
  if (has_hold)
    settle_detached(*this,
                    is_abandoned() || was_sent ? UsageStatus::kAborted : UsageStatus::kFailed);
  if (access) complete_record(*this);
  unlink();
  context.count_job(-1);
}

int64_t Job::elapsed_ms() const { return parts.clock.steady_ms() - started_ms; }

UpstreamMetrics* Job::upstream_metrics() {
  return route.own_key.empty() ? &context.loop.metrics().upstream(upstream_name) : nullptr;
}

void Job::count_upstream_fault(UpstreamFault fault) {
  if (auto* metrics = upstream_metrics()) metrics->faults.at(static_cast<size_t>(fault)).add();
}

bool Job::may_go_on() const {
  if (is_killed || context.is_stopping) return false;
  return !is_client_gone || runtime->config.abort_policy == AbortPolicy::kDrain;
}

Error Job::end_early() {
  was_ended_early = true;
  if (!is_killed) return {ErrorCode::kRequestTimeout, "the client closed the connection"};
  Error error{ErrorCode::kEndedByAdministrator, "the administrator has ended this request"};
  error.should_not_retry = true;
  return error;
}

void Job::client_left() {
  is_client_gone = true;
  // With the drain policy an upstream that is already answering is read to the end.
  if (!call || !may_go_on()) interrupt();
}

void Job::stop() {
  is_client_gone = true;
  interrupt();
}

void Job::kill() {
  is_killed = true;
  if (sending != nullptr) sending->cut();  // whoever takes nothing cannot be told either
  interrupt();
}

void Job::interrupt() {
  if (call) call->interrupt();
  if (sleeping != nullptr) sleeping->notify();
}

}  // namespace chatgate
