// The answer's way to the client. Bytes pass as they come; what is kept back is the end, until the
// books are settled (a client that has seen a whole answer finds it in the books, whatever happens
// next), and of a stream the one event that nobody but chatgate asked for.

#include <strings.h>
#include <algorithm>

#include "common/log/log.h"
#include "server/pipeline/estimate.h"
#include "server/pipeline/job.h"
#include "server/wire/error_envelope.h"

namespace chatgate {
namespace {

using Progress = UpstreamCall::Progress;

// An answer up to this size is settled and sent as one.
constexpr size_t kWholeAnswerBytesMax = 256 << 10;
// A door that translates must read it whole.
constexpr size_t kTranslatedBytesMax = 16 << 20;

std::string_view content_type_of(const UpstreamHead& head) {
  for (const auto& [name, value] : head.headers) {
    if (name == "content-type") return value;
  }
  return {};
}

bool is_media_type(std::string_view content_type, std::string_view wanted) {
  return content_type.size() >= wanted.size() &&
         strncasecmp(content_type.data(), wanted.data(), wanted.size()) == 0;
}

int64_t idle_timeout_ms(const Job& job) {
  for (const auto& upstream : job.runtime->config.upstreams) {
    if (upstream.name == job.upstream_name) return upstream.idle_timeout_ms;
  }
  return UpstreamConfig{}.idle_timeout_ms;
}

AnswerKind kind_of(const UpstreamHead& head) {
  const auto content_type = content_type_of(head);
  if (head.status < 400 && is_media_type(content_type, "text/event-stream")) {
    return AnswerKind::kStream;
  }
  if (is_media_type(content_type, "application/json")) return AnswerKind::kJson;
  const bool is_text =
      is_media_type(content_type, "text/") || is_media_type(content_type, "application/x-subrip");
  return is_text ? AnswerKind::kText : AnswerKind::kOther;
}

void note_piece(Job& job, std::string_view piece) {
  job.answer_bytes += static_cast<int64_t>(piece.size());
  if (job.answer_kind == AnswerKind::kJson) job.scanner->feed(piece);
}

void note_end(Job& job) {
  if (job.stream) {
    job.answer = job.stream->facts();
    job.answer.has_content = job.answer.has_content || job.stream->content_events() > 0;
  } else {
    job.answer = job.scanner->facts();
    job.answer.has_content = job.answer.has_content || job.answer_kind == AnswerKind::kText;
    // Reading a stored answer shows its usage again; it was charged when it was made.
    if (job.metering == Metering::kNone) job.answer.usage.reset();
  }
}

// An upstream that breaks off does so whether or not the client is still there.
UsageStatus status_after(Progress progress) {
  if (progress == Progress::kEnd) return UsageStatus::kCompleted;
  return progress == Progress::kInterrupted ? UsageStatus::kAborted : UsageStatus::kCut;
}

void send(Job& job, BodySink& sink, std::string_view bytes) {
  if (bytes.empty() || job.is_abandoned()) return;
  job.sending = &sink;
  if (!sink.write(bytes) || !sink.flush()) job.client_left();
  job.sending = nullptr;
}

// The next piece of the answer. While the upstream is silent a stream's client is sent comments, so
// that proxies on the way do not take the connection for dead.
Progress next_piece(Job& job, BodySink& sink, std::string& piece) {
  const int64_t idle_ms = idle_timeout_ms(job);
  const int64_t ping_ms = job.runtime->config.ping_interval_ms;
  const bool pings = job.stream && ping_ms > 0;
  int64_t waited_ms = 0;
  for (;;) {
    const int64_t wait_ms = pings ? std::min(ping_ms, idle_ms - waited_ms) : idle_ms;
    const auto progress = job.call->read(piece, wait_ms);
    if (progress != Progress::kTimeout) return progress;
    waited_ms += wait_ms;
    if (waited_ms >= idle_ms) return Progress::kTimeout;
    if (!job.stream->mid_event() && !job.translation) send(job, sink, ": ping\n\n");
  }
}

// A stream that breaks off says so in its own language; a bare end would look like success.
void append_error_event(Job& job, const Error& error, std::string& rest) {
  const bool mid_event = job.stream->mid_event();
  job.stream->release(rest);
  if (job.translation) {
    rest = job.translation->take(rest);
  } else if (!mid_event && !rest.empty()) {
    rest += "\n\n";
  }
  rest += error_in_stream(job, error);
}

void count_cut(Job& job, Progress progress) {
  job.count_upstream_fault(progress == Progress::kTimeout ? UpstreamFault::kTimeout
                                                          : UpstreamFault::kCut);
}

Error cut_reason(Job& job, Progress progress) {
  const bool is_late = progress == Progress::kTimeout;
  count_cut(job, progress);
  log::warn("answer_cut",
            {{"request", std::string_view(format_request_id(job.id))},
             {"upstream", std::string_view(job.upstream_name)},
             log::if_any("trace_id", job.trace_id),
             {"reason", std::string_view(is_late ? "silent for too long" : job.call->failure())}});
  if (is_late) {
    return {ErrorCode::kUpstreamTimeout, "the upstream server was silent for too long"};
  }
  return {ErrorCode::kUpstreamBroken, "the upstream server broke off in the middle of its answer"};
}

// A stream that its translator's clients could take for whole although the upstream stopped in the
// middle, or said that it failed, ends with the error in their words.
UsageStatus end_translation(Job& job, UsageStatus status, std::string& rest) {
  rest = job.translation->take(rest) + job.translation->take_rest();
  const bool is_whole = !job.answer.has_error &&
                        (job.stream->has_end() || !job.translation->so_far().finish_reason.empty());
  if (status != UsageStatus::kCompleted || is_whole) return status;
  rest += error_in_stream(job, {ErrorCode::kUpstreamBroken,
                                "the upstream server broke off in the middle of its answer"});
  count_cut(job, Progress::kBroken);
  return UsageStatus::kCut;
}

void note_first_token(Job& job) {
  if (auto* metrics = job.upstream_metrics()) {
    metrics->token_ns.observe(job.since_sent.elapsed_ns());
  }
}

UsageStatus relay_stream(Job& job, BodySink& sink, std::string& rest) {
  std::string piece = std::move(rest);
  std::string out;
  auto progress = Progress::kReady;
  // Thousands of streams wait at the same time: what this one needs no more is given back.
  job.upstream_headers = {};
  Coroutine::current()->release_unused_stack();
  while (progress == Progress::kReady) {
    job.answer_bytes += static_cast<int64_t>(piece.size());
    const bool had_content = job.stream->content_events() > 0;
    job.stream->feed(piece, out);
    if (!had_content && job.stream->content_events() > 0) note_first_token(job);
    piece.clear();
    if (job.translation) out = job.translation->take(out);
    send(job, sink, out);
    out.clear();
    if (job.stream->has_end()) {
      progress = Progress::kEnd;  // the client is not made to wait for the upstream to close
    } else if (!job.may_go_on()) {
      progress = Progress::kInterrupted;
    } else {
      progress = next_piece(job, sink, piece);
    }
  }
  rest.clear();
  note_end(job);
  const auto status = status_after(progress);
  if (status == UsageStatus::kCut) {
    append_error_event(job, cut_reason(job, progress), rest);
  } else if (job.is_killed && progress != Progress::kEnd) {
    append_error_event(job, job.end_early(), rest);
  } else {
    job.stream->release(rest);
    note_end(job);
    if (job.translation) return end_translation(job, status, rest);
  }
  return status;
}

UsageStatus relay_long_answer(Job& job, BodySink& sink, std::string& rest) {
  auto progress = Progress::kReady;
  std::string piece;
  while (progress == Progress::kReady) {
    piece.clear();
    progress = job.may_go_on() ? next_piece(job, sink, piece) : Progress::kInterrupted;
    if (progress != Progress::kReady) break;
    note_piece(job, piece);
    send(job, sink, rest);
    rest.swap(piece);
  }
  note_end(job);
  const auto status = status_after(progress);
  if (status == UsageStatus::kCut) count_cut(job, progress);
  return status;
}

}  // namespace

std::string error_in_stream(const Job& job, const Error& error) {
  if (job.translation) return job.translation->fail(error);
  return (job.stream->mid_event() ? "\n\n" : "") + std::string("data: ") +
         openai_error_json(error) + "\n\n";
}

Result<bool> read_whole_answer(Job& job, std::string& answer) {
  job.state = JobState::kAnswering;
  job.answer_kind = kind_of(job.call->head());
  if (job.answer_kind == AnswerKind::kStream) {
    job.stream = std::make_unique<SseFilter>(job.facts.stream && !job.facts.include_usage);
    if (job.metering == Metering::kTokens) {
      job.stream->count_text(encoding_of(job), job.facts.choices == 1);
    }
    return false;
  }
  job.scanner = std::make_unique<JsonAnswerScanner>();
  std::string piece;
  const size_t bytes_max = job.translation ? kTranslatedBytesMax : kWholeAnswerBytesMax;
  while (answer.size() <= bytes_max) {
    piece.clear();
    const auto progress = job.call->read(piece, idle_timeout_ms(job));
    if (progress == Progress::kReady) {
      note_piece(job, piece);
      answer.empty() ? answer.swap(piece) : void(answer += piece);
      continue;
    }
    note_end(job);
    if (progress == Progress::kEnd) {
      const bool is_short = answer.size() <= kWholeAnswerBytesMax;
      if (job.metering == Metering::kTokens && !job.answer.usage && is_short) {
        count_answer(job, answer);
      }
      return true;
    }
    return tl::unexpected(progress == Progress::kInterrupted ? job.end_early()
                                                             : cut_reason(job, progress));
  }
  return false;
}

UsageStatus relay_pieces(Job& job, BodySink& sink, std::string& rest) {
  const auto status =
      job.stream ? relay_stream(job, sink, rest) : relay_long_answer(job, sink, rest);
  // A client that left is charged for what the upstream has told of, but it saw no whole answer.
  return job.is_client_gone && status == UsageStatus::kCompleted ? UsageStatus::kAborted : status;
}

}  // namespace chatgate
