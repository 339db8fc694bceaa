#include "server/control/inflight.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <memory>
#include <mutex>

#include "server/pipeline/running_jobs.h"

namespace chatgate {
namespace {

constexpr auto kLoopTimeMax = std::chrono::seconds(3);

using Requests = std::vector<RunningRequest>;

// What the loops have answered so far. A loop may come too late, so it shares this.
struct Collection {
  std::mutex mutex;
  std::condition_variable has_answer;
  size_t answers = 0;
  bool is_given_up = false;  // nobody waits any more: what is asked late is not done
  Requests requests;
};

template <class Ask>
Result<Requests> ask_loops(const std::vector<LoopContext*>& contexts, const Ask& ask) {
  const auto collection = std::make_shared<Collection>();
  for (auto* context : contexts) {
    context->loop.post([collection, context, ask] {
      {
        const std::lock_guard lock(collection->mutex);
        if (collection->is_given_up) return;
      }
      Requests requests = ask(*context);
      {
        const std::lock_guard lock(collection->mutex);
        std::move(requests.begin(), requests.end(), std::back_inserter(collection->requests));
        ++collection->answers;
      }
      collection->has_answer.notify_one();
    });
  }
  std::unique_lock lock(collection->mutex);
  const bool is_whole = collection->has_answer.wait_for(
      lock, kLoopTimeMax, [&] { return collection->answers == contexts.size(); });
  if (!is_whole) {
    collection->is_given_up = true;
    return fail(ErrorCode::kOverloaded, "the gateway is too busy to answer: try again");
  }
  return std::move(collection->requests);
}

}  // namespace

Result<Requests> answer_about_inflight(const std::vector<LoopContext*>& contexts,
                                       const ControlRequest& request) {
  if (request.verb == ControlRequest::Verb::kList) {
    auto requests = ask_loops(contexts, describe_jobs);
    if (requests) std::ranges::sort(*requests, {}, &RunningRequest::id);
    return requests;
  }
  if (request.verb != ControlRequest::Verb::kKill) {
    return fail(ErrorCode::kRefused, "this gateway's place cannot be taken");
  }
  auto ended = ask_loops(contexts, [id = request.id](LoopContext& context) {
    auto job = kill_job(context, id);
    return job ? Requests{std::move(*job)} : Requests{};
  });
  if (ended && ended->empty()) {
    return fail(ErrorCode::kNotFound, "no request " + format_request_id(request.id) +
                                          " is running: it may have ended by itself");
  }
  return ended;
}

}  // namespace chatgate
