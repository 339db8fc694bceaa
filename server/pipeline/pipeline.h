// The way of every metered request, whatever door it came through: authenticate, check the model's
// price, limit the rate, reserve the balance, relay, settle. Doors translate; they call `run` and
// touch neither money nor SQL. One Pipeline serves all loops.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/config/config.h"
#include "common/lazy.h"
#include "common/secrets/secrets.h"
#include "server/books/book_writer.h"
#include "server/books/directory.h"
#include "server/books/reservations.h"
#include "server/conversation/conversations.h"
#include "server/guard/front_guard.h"
#include "server/pipeline/answer_translator.h"
#include "server/transport/event_loop.h"
#include "server/transport/http_listener.h"
#include "server/upstream/upstream_client.h"
#include "server/upstream/upstream_pool.h"

namespace chatgate {

// What /openapi.json answers.
struct ApiDocument {
  std::string text;
  std::string etag;
};

// The configuration in force and what was built from it. Replaced as a whole on SIGHUP; a request
// keeps the one that it began with.
struct Runtime {
  Config config;
  FrontRules front;
  std::shared_ptr<UpstreamPool> pool;
  std::optional<MasterKey> master_key;  // opens the upstream keys kept in the database
  Lazy<ApiDocument> api_document;
};

// What belongs to one loop. Only its own thread touches it, but for job_count.
struct LoopContext {
  explicit LoopContext(EventLoop& event_loop) : loop(event_loop), upstreams(event_loop) {}
  EventLoop& loop;
  UpstreamClient upstreams;
  std::shared_ptr<const Runtime> runtime;
  ListLink jobs;             // those that run here: see running_jobs.h
  bool is_stopping = false;  // no job may go on

  int64_t job_count() const { return job_count_.load(std::memory_order_acquire); }  // any thread
  void count_job(int64_t change) {  // with one writer no locked addition is needed
    job_count_.store(job_count_.load(std::memory_order_relaxed) + change,
                     std::memory_order_release);
  }

 private:
  std::atomic<int64_t> job_count_{0};
};

// What all loops share.
struct PipelineParts {
  Directory& directory;
  Reservations& reservations;
  BookWriter& writer;
  Conversations& conversations;
  const Clock& clock;
};

// What a door says of a request.
struct Route {
  std::string endpoint;       // as the books name it: "/v1/chat/completions"
  std::string upstream_path;  // below the upstream's base URL, query included: "/chat/completions"
  // How this door's clients are told of an error; by default OpenAI's envelope.
  ErrorRenderer render_error = {};
  // Whom the door has found the caller to be; absent: whoever bears the head's token.
  std::optional<Principal> principal = {};
  // The caller's own key, sent instead of the upstream's: its usage is recorded without a cost.
  std::string own_key = {};
  std::string proxy = {};  // to the upstream instead of the configured one; empty: that one

  // Of a door that speaks a dialect of its own: the body of the chat completion that it asks for,
  // and who says the answer. Without one the client's body and the answer pass unchanged.
  std::string body = {};
  std::shared_ptr<AnswerTranslator> translator = {};
};

class Pipeline {
 public:
  explicit Pipeline(PipelineParts parts) : parts_(std::move(parts)) {}

  // Answers the exchange. REQUIRES: inside its coroutine.
  void run(HttpExchange& exchange, LoopContext& context, Route route);

  // The longest answer, of at most `tokens_max` tokens, that an account can pay for beside a prompt
  // of so many bytes: a small balance buys short answers. `tokens_max` where it would have to be
  // refused anyway, so that it is refused for its own reason. REQUIRES: inside a coroutine.
  int64_t longest_answer(const Principal& principal, std::string_view model, size_t prompt_bytes,
                         int64_t tokens_max, const Config& config) const;

 private:
  PipelineParts parts_;
};

}  // namespace chatgate
