// One request on its way through the pipeline: what each step has found out so far. Owned by the
// coroutine that serves the request; all on one loop's thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/usage_record.h"
#include "server/books/directory.h"
#include "server/guard/request_limiter.h"
#include "server/metrics/stopwatch.h"
#include "server/pipeline/pipeline.h"
#include "server/pipeline/translation.h"
#include "server/transport/coroutine.h"
#include "server/upstream/upstream_call.h"
#include "server/upstream/sse_filter.h"
#include "server/upstream/upstream_pool.h"
#include "server/upstream/usage_extractor.h"
#include "server/wire/request_body.h"

namespace chatgate {

// Room behind a body for the edits made in it, so that they do not move it.
inline constexpr size_t kBodySpareBytes = 256;

// What an answer is made of, as far as metering can read it.
enum class AnswerKind : uint8_t {
  kOther,  // audio, images, files
  kJson,
  kText,    // a transcript: it has content, and no place for a usage
  kStream,  // server-sent events
};

// How the request is charged.
enum class Metering : uint8_t {
  kNone,    // names no model, or only reads: recorded without cost
  kTokens,  // by the usage that the answer reports
  kUsage,   // not: the caller's own upstream key pays, and the usage is recorded
};

// Where it has got to.
enum class JobState : uint8_t {
  kAdmitting,  // nothing is reserved yet, and nothing was sent upstream
  kWaiting,    // for an upstream's answer, or for the next attempt
  kAnswering,  // the answer passes to the client
  kSettling,   // the charge is fixed and becomes durable
};

struct Job : ListLink, std::enable_shared_from_this<Job> {
  Job(PipelineParts& pipeline_parts, LoopContext& loop_context, Route request_route,
      RequestId request_id);
  ~Job();  // settles what no step has settled: the client left at an odd moment
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  PipelineParts& parts;
  LoopContext& context;
  std::shared_ptr<const Runtime> runtime;  // the configuration that this request began under
  Route route;
  const RequestId id;
  const int64_t started_ms;
  std::string trace_id;                  // that the client's tracing knows it by; empty: none
  std::string_view door;                 // as the metrics call it
  std::shared_ptr<AccessRecord> access;  // what the access log will say; may be null
  JobState state = JobState::kAdmitting;

  // What the client sent.
  std::string method;
  std::vector<std::string> upstream_headers;
  std::string content_type;
  std::string body;
  RequestFacts facts;

  // What the steps decided.
  Principal principal;
  Metering metering = Metering::kNone;
  ApplicablePrice price;
  Permit permit;
  LimitStatus limits;
  Hold hold;
  bool has_hold = false;

  // The upstream's side. The call borrows the body, so it comes after it.
  std::string upstream_name;
  std::unique_ptr<UpstreamCall> call;
  Stopwatch since_sent;   // the latest attempt
  bool was_sent = false;  // an upstream may have seen the request
  int http_status = 0;    // as the client sees it

  // What the answer said.
  AnswerKind answer_kind = AnswerKind::kOther;
  // Apart from the job, for thousands of them wait at the same time and none needs all three.
  std::unique_ptr<SseFilter> stream;           // when it is one
  std::unique_ptr<JsonAnswerScanner> scanner;  // when it is none
  std::unique_ptr<Translation> translation;    // for a door with a dialect of its own
  std::shared_ptr<const Turn> turn;            // what of it is to be remembered
  AnswerFacts answer;
  int64_t answer_bytes = 0;
  std::optional<int64_t> answer_tokens;  // of its text, counted when it brings no usage

  // How it may end before its answer does. All three interrupt the wait that is under way.
  void client_left();  // then the abort policy decides
  void stop();         // the gateway stops, and cuts the client off
  void kill();         // by the administrator; the client is told if it listens

  bool is_client_gone = false;  // nothing can be sent any more
  bool is_killed = false;
  bool is_abandoned() const { return is_client_gone || is_killed; }
  // Whether the upstream's answer is still wanted: by the client or, after it has left, by the
  // books.
  bool may_go_on() const;
  // Why its work was ended before it was done; notes that it was. REQUIRES: is_abandoned().
  Error end_early();
  bool was_ended_early = false;

  Event* sleeping = nullptr;    // set while the job waits between two attempts
  BodySink* sending = nullptr;  // set while it waits for the client to take something

  int64_t elapsed_ms() const;

  // Counts a request that never gets into the books.
  void count_refusal(ErrorCode code) { context.loop.metrics().count_refusal(door, code); }
  // The counters of the upstream that was asked; null when a key of the caller's own was used, with
  // which it tells nothing of how it is to others.
  UpstreamMetrics* upstream_metrics();
  void count_upstream_fault(UpstreamFault fault);

 private:
  void interrupt();
};

// --- the steps, in their order; each is a file of its own ----------------------------------------

// First authenticate (authenticate.h), then:

// Reads what metering must know of the body, and refuses what this principal may not use or what
// has no price.
Result<void> check_model(Job& job);

// Takes the request's share of its token's and its account's limits, or of neither.
Result<void> limit_rate(Job& job);

// Reserves the most that the request can cost.
Result<void> reserve(Job& job);

// How long an upstream asks to be left alone: `retry-after-ms`, then `retry-after` in seconds; -1
// when there is neither.
int64_t retry_after_ms_of(const UpstreamHead& head);

// Sends the request upstream, elsewhere if need be, until an answer's head has come.
Result<void> send_upstream(Job& job);

// For a door that translates: asks for a chat completion in its own name.
void ask_for_translation(Job& job);
// Puts the door's words in place of a whole answer of the upstream (`is_whole`), but for their end.
// Returns whether the answer is whole: not when it is a stream that will be translated in passing.
Result<bool> translate(Job& job, bool is_whole, std::string& answer);

// Reads a short answer whole. False: it is long or a stream, so it must be relayed in pieces.
Result<bool> read_whole_answer(Job& job, std::string& answer);
// Relays piece by piece all but the end, which is left in `rest`. Returns how the answer ended.
UsageStatus relay_pieces(Job& job, BodySink& sink, std::string& rest);
// What a client whose stream has begun is told of an error.
std::string error_in_stream(const Job& job, const Error& error);

// Charges the request and waits until that is durable. After it nothing is held or limited.
Result<void> settle(Job& job, UsageStatus status);
// The same without waiting, for a request that nobody waits for.
void settle_detached(Job& job, UsageStatus status);

// The headers of an answer: the upstream's, with the limits in force here. Once for each job.
HeaderList answer_headers(Job& job);

}  // namespace chatgate
