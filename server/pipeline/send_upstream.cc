// Finds an upstream that answers. A request moves on to another one, or tries again, only while the
// client has received nothing, and only after failures that cannot have cost anything twice: no
// connection, 429, or a 5xx.

#include <algorithm>
#include <charconv>

#include "common/log/log.h"
#include "server/pipeline/complete_record.h"
#include "server/pipeline/job.h"

namespace chatgate {
namespace {

using Progress = UpstreamCall::Progress;

constexpr int64_t kBackoffMs = 100;
constexpr int64_t kBackoffMsMax = 2'000;

std::string_view header_of(const UpstreamHead& head, std::string_view name) {
  for (const auto& [key, value] : head.headers) {
    if (key == name) return value;
  }
  return {};
}

// The key that the caller brought or the token has; empty: the upstream's.
Result<std::string> own_key_of(const Job& job) {
  if (!job.route.own_key.empty()) return job.route.own_key;
  if (!job.principal.scope || job.principal.scope->sealed_upstream_key.empty())
    return std::string();
  if (!job.runtime->master_key) {
    return fail(ErrorCode::kInternal,
                "this token's own upstream key cannot be opened: the gateway has no master key");
  }
  return open_sealed(job.principal.scope->sealed_upstream_key, *job.runtime->master_key);
}

// The name that the upstreams know the model by.
std::string upstream_model_of(const Job& job) {
  const auto& aliases = job.runtime->config.model_aliases;
  const auto alias = aliases.find(job.facts.model);
  return alias == aliases.end() ? job.facts.model : alias->second;
}

void edit_body(Job& job, const std::string& upstream_model) {
  if (job.metering == Metering::kNone) return;
  if (upstream_model != job.facts.model) replace_model(job.body, job.facts, upstream_model);
  // Only these two know the option; others would refuse it.
  const std::string_view path = job.route.upstream_path;
  const bool knows_option =
      path.substr(0, 17) == "/chat/completions" || path.substr(0, 12) == "/completions";
  if (job.facts.stream && knows_option && !job.facts.include_usage)
    ask_for_usage(job.body, job.facts);
}

UpstreamRequest make_request(const Job& job, const UpstreamPool::Choice& choice,
                             const std::string& url, const std::string& own_key) {
  const std::string& method = job.method;
  // With a body libcurl would turn a HEAD into a POST, which is charged for and a HEAD is not.
  const bool has_body = method != "HEAD" && (!job.body.empty() || method == "POST" ||
                                             method == "PUT" || method == "PATCH");
  return {.method = method,
          .url = url,
          .headers = job.upstream_headers,
          .key = own_key.empty() ? choice.key : std::string_view(own_key),
          .body = job.body,
          .proxy = job.route.proxy.empty() ? choice.upstream->proxy : job.route.proxy,
          .has_body = has_body,
          .expects_stream = job.facts.stream,
          .connect_timeout_ms = choice.upstream->connect_timeout_ms};
}

struct Attempt {
  bool may_retry = false;
  int64_t retry_after_ms = -1;
  std::optional<Error> error;  // absent: the upstream answered
};

Error failure(ErrorCode code, const UpstreamPool::Choice& choice, std::string_view what) {
  return {code, "the upstream server " + choice.upstream->name + " " + std::string(what)};
}

Attempt abandoned(Job& job) {
  Attempt attempt;
  attempt.error = job.end_early();
  return attempt;
}

// A caller's own key or proxy tells nothing of how the upstream is to others.
void report(const Job& job, const UpstreamPool::Choice& choice, UpstreamPool::Outcome outcome,
            int64_t retry_after_ms) {
  if (!job.route.own_key.empty()) return;
  job.runtime->pool->report(choice, outcome, retry_after_ms);
}

Attempt judge_answer(Job& job, const UpstreamPool::Choice& choice) {
  const auto& head = job.call->head();
  Attempt attempt;
  attempt.retry_after_ms = retry_after_ms_of(head);
  attempt.may_retry = head.status == 429 || head.status >= 500;
  if (auto* metrics = job.upstream_metrics()) metrics->head_ns.observe(job.since_sent.elapsed_ns());
  if (head.status == 429) job.count_upstream_fault(UpstreamFault::kRateLimited);
  if (head.status >= 500) job.count_upstream_fault(UpstreamFault::kServerError);
  if (head.status == 401 || head.status == 403) {
    job.count_upstream_fault(UpstreamFault::kUnauthorized);
  }
  using Outcome = UpstreamPool::Outcome;
  report(job, choice,
         head.status == 429   ? Outcome::kRateLimited
         : head.status >= 500 ? Outcome::kFailed
                              : Outcome::kAnswered,
         attempt.retry_after_ms);
  job.http_status = head.status;
  return attempt;
}

Attempt attempt_once(Job& job, const UpstreamPool::Choice& choice, const std::string& own_key) {
  job.call.reset();
  job.was_sent = false;  // an earlier attempt that failed has cost nothing
  if (job.is_abandoned()) return abandoned(job);
  job.upstream_name = choice.upstream->name;
  if (auto* metrics = job.upstream_metrics()) metrics->attempts.add();
  job.since_sent = Stopwatch();
  const std::string url = choice.upstream->base_url + job.route.upstream_path;
  job.call = job.context.upstreams.call(make_request(job, choice, url, own_key));
  const int64_t asked_ms = job.access ? job.elapsed_ms() : 0;
  const auto progress = job.call->await_head(choice.upstream->response_timeout_ms);
  if (job.access) note_upstream_wait(job.elapsed_ms() - asked_ms, *job.access);
  job.was_sent = job.call->was_sent();
  if (progress == Progress::kInterrupted) return abandoned(job);
  const bool is_refused_by_proxy = progress == Progress::kReady && job.call->head().status == 407;
  if (progress == Progress::kReady && !is_refused_by_proxy) return judge_answer(job, choice);

  Attempt attempt;
  report(job, choice, UpstreamPool::Outcome::kFailed, -1);
  attempt.may_retry = progress == Progress::kUnreachable || is_refused_by_proxy;
  job.count_upstream_fault(attempt.may_retry                ? UpstreamFault::kUnreachable
                           : progress == Progress::kTimeout ? UpstreamFault::kTimeout
                                                            : UpstreamFault::kBroken);
  attempt.error = attempt.may_retry
                      ? failure(ErrorCode::kUpstreamUnreachable, choice, "cannot be reached")
                  : progress == Progress::kTimeout
                      ? failure(ErrorCode::kUpstreamTimeout, choice, "did not answer in time")
                      : failure(ErrorCode::kUpstreamBroken, choice, "broke off before answering");
  log::warn("upstream_failed",
            {{"request", std::string_view(format_request_id(job.id))},
             {"upstream", std::string_view(choice.upstream->name)},
             log::if_any("trace_id", job.trace_id),
             {"reason", is_refused_by_proxy ? std::string_view("its proxy wants credentials")
                                            : std::string_view(job.call->failure())}});
  return attempt;
}

// Half of the delay is random, so that many requests that failed together do not return together.
int64_t backoff_ms(const Job& job, int64_t attempt) {
  const int64_t whole = std::min(kBackoffMs << std::min<int64_t>(attempt, 8), kBackoffMsMax);
  const auto jitter = static_cast<uint64_t>(job.id.value) * 0x9E3779B97F4A7C15ULL >> 33;
  return whole / 2 + static_cast<int64_t>(jitter % static_cast<uint64_t>(whole / 2 + 1));
}

// False when the job was abandoned meanwhile.
bool sleep(Job& job, int64_t delay_ms) {
  Event over;
  job.sleeping = &over;
  if (!job.is_abandoned() && delay_ms > 0) over.wait(delay_ms);
  job.sleeping = nullptr;
  return !job.is_abandoned();
}

}  // namespace

int64_t retry_after_ms_of(const UpstreamHead& head) {
  double number = 0;
  std::string_view text = header_of(head, "retry-after-ms");
  double unit_ms = 1;
  if (text.empty()) {
    text = header_of(head, "retry-after");
    unit_ms = 1000;
  }
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_sane = number >= 0 && number <= 1e6;  // false for "nan" too
  if (text.empty() || parsed.ec != std::errc() || !is_sane) return -1;
  return static_cast<int64_t>(number * unit_ms);
}

Result<void> send_upstream(Job& job) {
  job.state = JobState::kWaiting;
  const auto& config = job.runtime->config;
  auto own_key = own_key_of(job);
  if (!own_key) return tl::unexpected(own_key.error());
  const std::string model = upstream_model_of(job);
  edit_body(job, model);

  std::vector<size_t> tried;
  Attempt last;
  // A caller's own key is for one upstream; another one has no business with it.
  const int64_t retries = job.route.own_key.empty() ? config.retries : 0;
  for (int64_t attempt = 0; attempt <= retries; ++attempt) {
    const auto choice = job.runtime->pool->choose(model, tried);
    if (!choice) {
      return fail(ErrorCode::kUpstreamUnreachable, "no upstream serves the model `" + model + "`",
                  "model");
    }
    if (!job.route.own_key.empty() && choice->upstream->keys.empty()) {
      return fail(ErrorCode::kInvalidToken,
                  "the upstream server needs no key, so one of the caller's own proves nothing");
    }
    if (attempt > 0 && choice->is_retry) {
      // The same server once more: give it the time that it asked for, or pass its answer on.
      if (last.retry_after_ms > config.retry_after_ms_max) break;
      if (!sleep(job, std::max(last.retry_after_ms, backoff_ms(job, attempt)))) {
        last = abandoned(job);
        break;
      }
    }
    tried.push_back(choice->upstream_index);
    last = attempt_once(job, *choice, *own_key);
    if (!last.may_retry || job.is_abandoned()) break;
  }
  if (last.error) return tl::unexpected(std::move(*last.error));
  return {};
}

}  // namespace chatgate
