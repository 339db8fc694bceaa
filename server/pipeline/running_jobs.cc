#include "server/pipeline/running_jobs.h"

#include <cassert>
#include <vector>

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

}  // namespace

void stop_jobs(LoopContext& context) {
  context.is_stopping = true;
  for (const auto& job : jobs_of(context)) job->stop();
}

}  // namespace chatgate
