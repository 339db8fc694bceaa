#include "server/pipeline/pipeline.h"

#include "common/log/log.h"
#include "server/guard/client_address.h"
#include "server/guard/limit_headers.h"
#include "server/pipeline/authenticate.h"
#include "server/pipeline/job.h"
#include "server/pipeline/request_headers.h"
#include "server/wire/error_envelope.h"

namespace chatgate {
namespace {

// The steps before anything is sent upstream. A refusal leaves nothing taken, held or counted.
Result<void> admit(Job& job, HttpExchange& exchange) {
  auto principal = job.route.principal ? Result<Principal>(*std::move(job.route.principal))
                                       : find_sender(job.parts.directory, exchange);
  if (!principal) return tl::unexpected(principal.error());
  job.principal = std::move(*principal);
  note_principal(job.parts.directory, job.principal, exchange);

  if (!job.route.translator) {
    auto body = exchange.read_body(kBodySpareBytes);
    if (!body) return tl::unexpected(body.error());
    job.body = std::move(*body);
  }
  // From here on the upstream may be working for a client that leaves.
  exchange.on_client_gone([weak = job.weak_from_this()] {
    if (const auto alive = weak.lock()) alive->client_left();
  });

  return check_model(job)
      .and_then([&] { return limit_rate(job); })
      .and_then([&] { return reserve(job); })
      .and_then([&] { return send_upstream(job); });
}

void refuse(Job& job, HttpExchange& exchange, const Error& error) {
  auto rendered =
      job.route.render_error ? job.route.render_error(error) : render_openai_error(error);
  const std::string_view client =
      client_address(exchange.client_ip(), exchange.head(), job.runtime->front.trusted_proxies);
  // An upstream's own words may quote the question.
  const bool is_quoted = job.translation && job.call && error.code == ErrorCode::kInvalidRequest;
  const std::string_view reason =
      is_quoted ? std::string_view("the upstream server refuses it") : error.message;
  log::info("request_refused", {{"request", std::string_view(format_request_id(job.id))},
                                {"client", client},
                                {"user", job.principal.user_id.value},
                                {"endpoint", std::string_view(job.route.endpoint)},
                                {"status", rendered.status},
                                log::if_any("trace_id", job.trace_id),
                                {"reason", reason}});
  add_limit_headers(job.limits, rendered.headers);
  exchange.answer(rendered.status, std::move(rendered.headers), std::move(rendered.body));
}

// A request that was admitted and came to nothing: it costs nothing, and the books say so.
void refuse_admitted(Job& job, HttpExchange& exchange, const Error& error) {
  job.http_status = traits_of(error.code).http_status;
  const auto status = job.was_ended_early ? UsageStatus::kAborted : UsageStatus::kFailed;
  auto settled = settle(job, status);
  refuse(job, exchange, settled ? error : settled.error());
}

bool finish_stream(Job& job, BodySink& sink, UsageStatus status, std::string& rest) {
  const auto settled = settle(job, status);
  if (!settled && job.stream) {
    sink.write(error_in_stream(job, settled.error()));
    return true;
  }
  if (!settled || job.is_client_gone) return false;
  sink.write(rest);
  if (job.translation && status == UsageStatus::kCompleted) sink.write(job.translation->finish());
  return status == UsageStatus::kCompleted || job.stream != nullptr;
}

void relay(const std::shared_ptr<Job>& job, HttpExchange& exchange) {
  std::string answer;
  auto whole = read_whole_answer(*job, answer);
  if (whole && job->translation) whole = translate(*job, *whole, answer);
  if (!whole) return refuse_admitted(*job, exchange, whole.error());
  if (*whole) {
    auto settled = settle(*job, UsageStatus::kCompleted);
    if (!settled) return refuse(*job, exchange, settled.error());
    if (job->translation && !job->stream) answer += job->translation->finish();
    return exchange.answer(job->http_status, answer_headers(*job), std::move(answer));
  }
  const int64_t length = job->stream ? -1 : job->call->head().content_length;
  exchange.stream(job->http_status, answer_headers(*job), length,
                  [job, begun = std::move(answer)](BodySink& sink) mutable {
                    const auto status = relay_pieces(*job, sink, begun);
                    return finish_stream(*job, sink, status, begun);
                  });
}

}  // namespace

void Pipeline::run(HttpExchange& exchange, LoopContext& context, Route route) {
  auto job = std::make_shared<Job>(parts_, context, std::move(route), exchange.id());
  job->door = exchange.door();
  job->access = exchange.access_record();
  const auto trace = read_trace_context(exchange.head());
  job->trace_id = trace.trace_id();
  if (job->route.translator) {
    ask_for_translation(*job);
  } else {
    job->method = exchange.head().method;
    job->content_type = exchange.head().header("content-type");
    job->upstream_headers = headers_for_upstream(exchange.head());
  }
  pass_trace(exchange.head(), trace, job->upstream_headers);

  auto admitted = admit(*job, exchange);
  if (!admitted) {
    if (!job->has_hold) job->count_refusal(admitted.error().code);
    return job->has_hold ? refuse_admitted(*job, exchange, admitted.error())
                         : refuse(*job, exchange, admitted.error());
  }
  relay(job, exchange);
}

}  // namespace chatgate
