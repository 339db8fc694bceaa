// What a request is charged, decided in one place for every way in which it can end.

#include <algorithm>
#include <cassert>

#include "common/log/log.h"
#include "server/pipeline/complete_record.h"
#include "server/pipeline/estimate.h"
#include "server/pipeline/job.h"

namespace chatgate {
namespace {

// More than any model can count: an upstream that reports it is wrong.
constexpr int64_t kUsageTokensMax = 100'000'000;

// The upstream's counts, if they can be believed. Parts that exceed their whole are cut to it, in
// the order in which they are charged.
std::optional<TokenUsage> believable_usage(const Job& job) {
  auto usage = job.answer.usage;
  if (!usage || usage->prompt > kUsageTokensMax || usage->completion > kUsageTokensMax) {
    return std::nullopt;
  }
  usage->cached_prompt = std::min(usage->cached_prompt, usage->prompt);
  usage->audio_prompt = std::min(usage->audio_prompt, usage->prompt - usage->cached_prompt);
  usage->reasoning_completion = std::min(usage->reasoning_completion, usage->completion);
  usage->audio_completion =
      std::min(usage->audio_completion, usage->completion - usage->reasoning_completion);
  return usage;
}

// Whether the client was given something that the upstream bills although it did not say how much.
bool must_estimate(const Job& job, UsageStatus status) {
  switch (status) {
    case UsageStatus::kCompleted:
      return job.answer.has_content || job.answer_kind == AnswerKind::kOther ||
             job.route.upstream_path.starts_with("/embeddings");
    case UsageStatus::kAborted:
      return job.was_sent;
    case UsageStatus::kCut:
      return job.stream ? job.stream->content_events() > 0 : job.answer_bytes > 0;
    case UsageStatus::kFailed:
    case UsageStatus::kInterrupted:
      break;
  }
  return false;
}

UsageStatus final_status(const Job& job, UsageStatus status) {
  if (status == UsageStatus::kAborted || status == UsageStatus::kInterrupted) return status;
  if (job.http_status >= 400) return UsageStatus::kFailed;
  if (status != UsageStatus::kCompleted || job.metering == Metering::kNone) return status;
  // An empty answer, or an error in the shape of a success, is a failure and costs nothing.
  const bool is_error = job.answer.has_error && !job.answer.usage && !job.answer.has_content;
  const bool says_nothing = job.answer_bytes == 0 || is_error;
  return says_nothing ? UsageStatus::kFailed : status;
}

void count_usage(const Job& job, UsageRecord& record) {
  if (job.metering == Metering::kNone || record.status == UsageStatus::kFailed) return;
  // The client may have left while a refusal was on its way.
  if (job.call && job.call->head().status >= 400) return;
  if (const auto usage = believable_usage(job)) {
    record.usage = *usage;
  } else if (job.metering == Metering::kTokens && must_estimate(job, record.status)) {
    record.usage = estimated_usage(job);
    record.estimated = true;
  } else if (record.status != UsageStatus::kCompleted) {
    return;  // nothing was seen of it
  }
  if (job.metering == Metering::kUsage) return;
  const auto cost = cost_of(record.usage, *job.price.price, job.principal.unit, job.price.rate);
  record.cost = cost.value_or(job.hold.amount);
}

UsageRecord make_record(const Job& job, UsageStatus status) {
  UsageRecord record;
  record.id = job.id;
  record.user_id = job.principal.user_id;
  record.token_id = job.principal.token_id;
  if (job.price.price) record.price_id = job.price.price->id;
  record.rate = job.price.rate;
  record.model = job.facts.model;
  record.endpoint = job.route.endpoint;
  record.upstream = job.upstream_name;
  record.remote_id = job.answer.id;
  record.status = final_status(job, status);
  record.http_status = job.http_status;
  record.duration_ms = job.elapsed_ms();
  count_usage(job, record);
  return record;
}

void log_settled(const Job& job, const UsageRecord& record) {
  log::debug("request_settled", {{"request", std::string_view(format_request_id(job.id))},
                                 {"user", job.principal.user_id.value},
                                 log::if_any("trace_id", job.trace_id),
                                 {"endpoint", std::string_view(record.endpoint)},
                                 {"status", int64_t{record.http_status}},
                                 {"tokens", record.usage.total()},
                                 {"duration_ms", record.duration_ms}});
}

// Notes the charge that was fixed and ends the limits. What remains is to make it durable.
Settlement conclude(Job& job, UsageRecord record, const Charge& charge) {
  record.cost = charge.charged;
  record.written_off = charge.written_off;
  job.has_hold = false;
  job.permit.finish(record.usage.total());
  if (job.access) note_charge(record, *job.access);
  if (!charge.written_off.is_zero()) {
    log::warn("cost_written_off", {{"request", std::string_view(format_request_id(job.id))},
                                   {"user", job.principal.user_id.value},
                                   log::if_any("trace_id", job.trace_id),
                                   {"nanos", charge.written_off.nanos}});
  }
  if (log::is_enabled(log::Level::kDebug)) log_settled(job, record);
  if (job.translation && record.status == UsageStatus::kCompleted) {
    job.turn = job.translation->turn();
  }
  auto turn = job.turn ? job.parts.conversations.for_books(job.turn) : nullptr;
  return {job.hold, std::move(record), std::move(turn), job.door, job.principal.unit};
}

}  // namespace

Result<void> settle(Job& job, UsageStatus status) {
  assert(job.has_hold);
  auto record = make_record(job, status);
  job.state = JobState::kSettling;
  const auto charge = job.parts.reservations.fix_charge(job.hold, record.cost);
  auto settled = job.parts.writer.settle(conclude(job, std::move(record), charge));
  if (!settled) job.count_refusal(settled.error().code);
  if (settled && job.turn) job.parts.conversations.remember(job.turn);
  return settled;
}

void settle_detached(Job& job, UsageStatus status) {
  assert(job.has_hold);
  auto record = make_record(job, status);
  job.state = JobState::kSettling;
  const auto charge = job.parts.reservations.fix_charge_now(job.hold, record.cost);
  job.parts.writer.settle_detached(conclude(job, std::move(record), charge));
}

}  // namespace chatgate
