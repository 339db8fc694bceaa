#include "server/admin/metrics_page.h"

#include <prometheus/text_serializer.h>
#include <map>
#include <utility>

#include "server/admin/metric_families.h"
#include "server/admin/process_figures.h"
#include "server/pipeline/pipeline.h"
#include "server/transport/http_listener.h"
#include "server/transport/tls_endpoint.h"
#include "version.h"

namespace chatgate {
namespace {

constexpr double kSecondNs = 1e9;

std::string_view reason_of(size_t error_code) {
  const auto reason = traits_of(static_cast<ErrorCode>(error_code)).code;
  return reason.empty() ? "invalid_request" : reason;
}

std::string status_name(int status) {
  if (status == 0) return "none";
  return status < 0 ? "other" : std::to_string(status);
}

// One upstream, over all loops.
struct UpstreamSums {
  int64_t attempts = 0;
  HistogramCounts head_ns, token_ns;
  std::array<int64_t, kUpstreamFaultNames.size()> faults{};

  void add(const UpstreamMetrics& upstream) {
    attempts += upstream.attempts.value();
    head_ns.add(upstream.head_ns.read());
    token_ns.add(upstream.token_ns.read());
    for (size_t i = 0; i < faults.size(); ++i) faults.at(i) += upstream.faults.at(i).value();
  }
};

}  // namespace

std::vector<prometheus::MetricFamily> MetricsPage::Collect() const {
  FamilyList families;
  families.gauge("chatgate_build_info", "Always 1; the version is its label.")
      .add({{"version", kVersion}}, 1);
  collect_requests(families);
  collect_refusals(families);
  collect_bookings(families);
  collect_writer(families);
  collect_accounts(families);
  collect_upstreams(families);
  collect_loops(families);
  collect_listeners(families);
  collect_certificate(families);
  collect_process_figures(families);
  return families.take();
}

std::string MetricsPage::render() const {
  return prometheus::TextSerializer().Serialize(Collect());
}

void MetricsPage::collect_requests(FamilyList& families) const {
  std::map<std::pair<size_t, int>, int64_t> statuses;
  std::array<HistogramCounts, kDoorNames.size()> durations_ns{};
  int64_t in_flight = 0;
  for (const auto* context : sources_.contexts) {
    const auto& metrics = std::as_const(context->loop).metrics();
    metrics.for_each_status([&](const LoopMetrics::StatusCount& count) {
      statuses[{count.door, count.status}] += count.requests.value();
    });
    for (size_t door = 0; door < kDoorNames.size(); ++door) {
      durations_ns.at(door).add(metrics.duration_ns(door).read());
    }
    in_flight += context->job_count();
  }
  auto requests = families.counter(
      "chatgate_http_requests_total",
      "All requests that were answered, those that never got into the books too, by door and "
      "status; none: the client left before there was one.");
  for (const auto& [key, count] : statuses) {
    requests.add({{"door", kDoorNames.at(key.first)}, {"status", status_name(key.second)}}, count);
  }
  auto times = families.histogram("chatgate_http_request_duration_seconds",
                                  "From a request's head to the end of its answer.");
  for (size_t door = 0; door < kDoorNames.size(); ++door) {
    const auto& counts = durations_ns.at(door);
    if (counts == HistogramCounts{}) continue;
    times.add_histogram({{"door", kDoorNames.at(door)}}, kAnswerBoundsNs, counts, kSecondNs);
  }
  families.gauge("chatgate_requests_in_flight", "Requests that the pipeline works on.")
      .add({}, in_flight);
}

void MetricsPage::collect_refusals(FamilyList& families) const {
  std::map<std::pair<size_t, std::string_view>, int64_t> refusals;
  std::array<int64_t, kRateLimitNames.size()> limits{};
  for (const auto* context : sources_.contexts) {
    const auto& metrics = std::as_const(context->loop).metrics();
    for (size_t door = 0; door < kDoorNames.size(); ++door) {
      for (size_t code = 0; code < LoopMetrics::kErrorCodes; ++code) {
        const int64_t count = metrics.refusals.at(door).at(code).value();
        if (count > 0) refusals[{door, reason_of(code)}] += count;
      }
    }
    for (size_t i = 0; i < limits.size(); ++i) limits.at(i) += metrics.rate_limits.at(i).value();
  }
  auto refused = families.counter(
      "chatgate_refused_requests_total",
      "Requests that were refused and are not in the books, by door and the error's code.");
  for (const auto& [key, count] : refusals) {
    refused.add({{"door", kDoorNames.at(key.first)}, {"reason", key.second}}, count);
  }
  auto limited = families.counter("chatgate_rate_limit_refusals_total",
                                  "Of them, those for a limit, by whose it was.");
  for (size_t i = 0; i < limits.size(); ++i) {
    limited.add({{"limit", kRateLimitNames.at(i)}}, limits.at(i));
  }
}

void MetricsPage::collect_bookings(FamilyList& families) const {
  const auto booked = sources_.writer.metrics().read();
  auto requests = families.counter(
      "chatgate_requests_total",
      "Requests in the books, by door, model and how they ended: completed, aborted, cut, failed.");
  for (const auto& [key, count] : booked.requests) {
    const auto& [door, model, status] = key;
    requests.add({{"door", kDoorNames.at(door)},
                  {"model", booked.models.at(model)},
                  {"outcome", name_of(status)}},
                 count);
  }
  families
      .counter("chatgate_estimated_requests_total",
               "Of them, those whose tokens were counted here, as no usage came.")
      .add({}, booked.estimated);
  auto tokens = families.counter(
      "chatgate_tokens_total",
      "Tokens in the books; cached ones are among those of the prompt, and reasoning ones among "
      "those of the completion.");
  for (size_t model = 0; model < booked.models.size(); ++model) {
    const auto& name = booked.models[model];
    const auto& count = booked.tokens[model];
    if (count.prompt == 0 && count.completion == 0) continue;
    tokens.add({{"model", name}, {"kind", "prompt"}}, count.prompt)
        .add({{"model", name}, {"kind", "cached"}}, count.cached_prompt)
        .add({{"model", name}, {"kind", "completion"}}, count.completion)
        .add({{"model", name}, {"kind", "reasoning"}}, count.reasoning_completion);
  }
  auto costs = families.counter("chatgate_cost_total",
                                "What accounts were charged, in units of their currency, or in "
                                "tokens.");
  auto losses = families.counter("chatgate_written_off_total",
                                 "Costs beyond what the balances could bear, likewise.");
  for (const auto& [key, cost] : booked.costs) {
    const auto& model = booked.models.at(key.first);
    const Unit unit{key.second};
    costs.add_money({{"model", model}, {"unit", unit.code}}, cost.charged, unit);
    if (cost.written_off.is_zero()) continue;
    losses.add_money({{"model", model}, {"unit", unit.code}}, cost.written_off, unit);
  }
}

void MetricsPage::collect_writer(FamilyList& families) const {
  const auto& metrics = sources_.writer.metrics();
  families.gauge("chatgate_books_writable", "1 while the books can be written, else 0.")
      .add({}, sources_.writer.is_healthy() ? 1 : 0);
  families
      .gauge("chatgate_book_queue_settlements", "Finished requests that are not in the books yet.")
      .add({}, sources_.writer.queued_settlements());
  families.histogram("chatgate_book_commit_duration_seconds", "What commits of the books take.")
      .add_histogram({}, kBriefBoundsNs, metrics.commit_ns.read(), kSecondNs);
  families.histogram("chatgate_book_commit_settlements", "Finished requests that one commit books.")
      .add_histogram({}, kGroupBounds, metrics.group_settlements.read(), 1);
  families
      .counter("chatgate_book_commit_failures_total", "Commits that failed; most are tried again.")
      .add({}, metrics.failed_commits.value());
}

void MetricsPage::collect_accounts(FamilyList& families) const {
  families.gauge("chatgate_open_holds", "Reservations of balance that have not ended.")
      .add({}, sources_.ledger.open_holds());
  auto held = families.gauge("chatgate_held_amount",
                             "What is reserved of all balances, in units of their currency, or in "
                             "tokens.");
  size_t units = 0;
  for (const auto& [unit, amount] : sources_.ledger.held_by_unit()) {
    if (++units > BookMetrics::kUnitsMax) break;
    held.add_money({{"unit", unit}}, amount, Unit{unit});
  }
  const auto size = sources_.directory.size();
  families.gauge("chatgate_accounts", "Accounts, blocked and archived ones too.")
      .add({}, static_cast<int64_t>(size.users));
  families.gauge("chatgate_api_tokens", "API tokens, expired and revoked ones too.")
      .add({}, static_cast<int64_t>(size.tokens));
  families.gauge("chatgate_models", "Models that have or had a price.")
      .add({}, static_cast<int64_t>(size.models));
}

void MetricsPage::collect_upstreams(FamilyList& families) const {
  std::map<std::string, UpstreamSums> upstreams;
  auto set_aside = families.gauge("chatgate_upstream_set_aside",
                                  "1 while the upstream is set aside for its failures, else 0.");
  if (pool_) {
    for (const auto& [name, is_set_aside] : pool_->list_health()) {
      if (upstreams.size() >= LoopMetrics::kUpstreamsMax) break;
      upstreams.try_emplace(name);
      set_aside.add({{"upstream", name}}, is_set_aside ? 1 : 0);
    }
  }
  for (const auto* context : sources_.contexts) {
    std::as_const(context->loop).metrics().for_each_upstream([&](const UpstreamMetrics& upstream) {
      upstreams[upstream.name].add(upstream);
    });
  }
  auto attempts = families.counter("chatgate_upstream_requests_total",
                                   "Requests sent to the upstream, repeated attempts too.");
  auto faults = families.counter("chatgate_upstream_errors_total",
                                 "Of them, those that went wrong, by kind.");
  auto heads = families.histogram("chatgate_upstream_head_seconds",
                                  "From sending a request to the head of its answer.");
  auto tokens = families.histogram("chatgate_upstream_first_token_seconds",
                                   "From sending a request to the first content of a stream.");
  for (const auto& [name, sums] : upstreams) {
    attempts.add({{"upstream", name}}, sums.attempts);
    for (size_t i = 0; i < sums.faults.size(); ++i) {
      faults.add({{"upstream", name}, {"kind", kUpstreamFaultNames.at(i)}}, sums.faults.at(i));
    }
    heads.add_histogram({{"upstream", name}}, kAnswerBoundsNs, sums.head_ns, kSecondNs);
    tokens.add_histogram({{"upstream", name}}, kAnswerBoundsNs, sums.token_ns, kSecondNs);
  }
}

void MetricsPage::collect_loops(FamilyList& families) const {
  auto lag = families.histogram("chatgate_loop_lag_seconds",
                                "How late the event loop's ticks of 50 ms come.");
  for (size_t i = 0; i < sources_.contexts.size(); ++i) {
    const auto& metrics = std::as_const(sources_.contexts[i]->loop).metrics();
    lag.add_histogram({{"loop", std::to_string(i)}}, kBriefBoundsNs, metrics.lateness_ns.read(),
                      kSecondNs);
  }
}

void MetricsPage::collect_listeners(FamilyList& families) const {
  auto open = families.gauge("chatgate_connections", "Open connections of clients.");
  auto accepted = families.counter("chatgate_connections_total", "Connections that were accepted.");
  auto refused = families.counter("chatgate_refused_connections_total",
                                  "Connections that were refused for a limit of connections.");
  for (const auto& [name, listener] : sources_.listeners) {
    open.add({{"listener", name}}, listener->open_connections());
    accepted.add({{"listener", name}}, listener->accepted_connections());
    refused.add({{"listener", name}}, listener->refused_connections());
  }
}

void MetricsPage::collect_certificate(FamilyList& families) const {
  auto not_after = families.gauge("chatgate_tls_certificate_not_after_timestamp_seconds",
                                  "When the certificate in force expires.");
  auto kept = families.gauge("chatgate_tls_certificate_files_kept",
                             "1 while the TLS files that were given last could not be taken over "
                             "and older ones are in force, else 0.");
  if (sources_.tls == nullptr) return;
  not_after.add({}, sources_.tls->context()->valid_until().unix_ms / 1000);
  kept.add({}, sources_.tls->are_files_kept() ? 1 : 0);
}

}  // namespace chatgate
