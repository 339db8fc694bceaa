#include "server/pipeline/running_jobs.h"

#include <cassert>
#include <string_view>

#include "common/log/log.h"
#include "server/pipeline/job.h"

namespace chatgate {
namespace {

// Kept alive, for a job that is interrupted may end at once, and its neighbour with it.
std::vector<std::shared_ptr<Job>> jobs_of(LoopContext& context) {
  assert(Coroutine::current() == nullptr);
  std::vector<std::shared_ptr<Job>> jobs;
  for (ListLink* link = context.jobs.next; link != &context.jobs; link = link->next) {
    auto& job = static_cast<Job&>(*link);
    if (auto alive = job.weak_from_this().lock()) jobs.push_back(std::move(alive));
  }
  return jobs;
}

std::string_view state_of(const Job& job) {
  if (job.state == JobState::kSettling) return "settling";
  if (job.is_killed) return "ending";
  if (job.is_client_gone) return "draining";
  if (job.sleeping != nullptr) return "retrying";
  if (job.state == JobState::kWaiting) return "waiting";
  return job.stream ? "streaming" : "answering";
}

RunningRequest describe(const Job& job) {
  return {.id = job.id,
          .user_id = job.principal.user_id,
          .token_id = job.principal.token_id,
          .model = job.facts.model,
          .endpoint = job.route.endpoint,
          .upstream = job.upstream_name,
          .state = std::string(state_of(job)),
          .elapsed_ms = job.elapsed_ms(),
          .answer_bytes = job.answer_bytes,
          .hold = job.hold.amount};
}

}  // namespace

void stop_jobs(LoopContext& context) {
  context.is_stopping = true;
  for (const auto& job : jobs_of(context)) job->stop();
}

std::vector<Hold> holds_of_jobs(LoopContext& context) {
  std::vector<Hold> holds;
  for (const auto& job : jobs_of(context)) {
    if (job->has_hold) holds.push_back(job->hold);
  }
  return holds;
}

std::vector<RunningRequest> describe_jobs(LoopContext& context) {
  std::vector<RunningRequest> requests;
  for (const auto& job : jobs_of(context)) {
    if (job->state != JobState::kAdmitting) requests.push_back(describe(*job));
  }
  return requests;
}

std::optional<RunningRequest> kill_job(LoopContext& context, RequestId id) {
  for (const auto& job : jobs_of(context)) {
    const bool may_end = job->state == JobState::kWaiting || job->state == JobState::kAnswering;
    if (job->id != id || !may_end) continue;
    auto request = describe(*job);
    log::info("request_ended_by_administrator",
              {{"request", std::string_view(format_request_id(id))},
               log::if_any("trace_id", job->trace_id)});
    job->kill();
    return request;
  }
  return std::nullopt;
}

}  // namespace chatgate
