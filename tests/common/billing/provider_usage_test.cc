#include "common/billing/provider_usage.h"

#include <catch2/catch_all.hpp>

#include "common/billing/reconciliation.h"

namespace chatgate {
namespace {

constexpr int64_t kDay = 20'777;  // 2026-11-20

ProviderUsage read(std::string_view text) {
  auto usage = read_provider_usage(text, "USD");
  INFO(text);
  if (!usage) FAIL(usage.error().message);
  return *std::move(usage);
}

std::string fault_of(std::string_view text) {
  const auto usage = read_provider_usage(text, "USD");
  REQUIRE_FALSE(usage);
  CHECK(usage.error().code == ErrorCode::kInvalidArgument);
  return usage.error().message;
}

}  // namespace

TEST_CASE("a page of usage is summed by day and model") {
  const ProviderUsage usage = read(R"({"object": "page", "data": [
    {"object": "bucket", "start_time": 1795132800, "end_time": 1795219200, "results": [
      {"object": "organization.usage.completions.result", "input_tokens": 1000,
       "output_tokens": 500, "input_cached_tokens": 800, "num_model_requests": 5,
       "project_id": "p1", "model": "gpt-4o", "batch": false},
      {"input_tokens": 10, "output_tokens": 5, "input_cached_tokens": 0,
       "num_model_requests": 1, "project_id": "p2", "model": "gpt-4o"}]},
    {"object": "bucket", "start_time": 1795219200, "end_time": 1795305600, "results": []}],
    "has_more": true, "next_page": "x"})");
  REQUIRE(usage.lines.size() == 1);
  CHECK(usage.lines.at({kDay, "gpt-4o"}) == MeasureSums{6, 1'010, 800, 505, 0});
  CHECK(usage.has == std::array<bool, kMeasureCount>{true, true, true, true, false});
  CHECK(usage.first_day == kDay);
  CHECK(usage.last_day == kDay + 1);
  CHECK(usage.has_more);
  CHECK(usage.has_models);
}

TEST_CASE("costs are exact decimals of one currency") {
  const ProviderUsage usage = read(R"([{"data": [{"start_time": 1795132800, "results": [
    {"amount": {"value": 0.06, "currency": "usd"}, "line_item": "gpt-4o, input"},
    {"amount": {"value": "0.10000000000000001", "currency": "usd"}, "line_item": "gpt-4o, output"},
    {"amount": {"value": 5, "currency": "eur"}, "line_item": "gpt-4o, output"}]}]}])");
  CHECK(usage.lines.at({kDay, "gpt-4o"})[4] == 160'000'000);
  CHECK(usage.amounts_rounded == 1);
  CHECK(usage.amounts_in_other_units == 1);
}

TEST_CASE("tables of several makers are understood") {
  const ProviderUsage dashboard = read(
      "start_time\tend_time\tstart_time_iso\tmodel\tnum_model_requests\tinput_tokens\t"
      "output_tokens\tinput_cached_tokens\n"
      "1795132800\t1795219200\t2026-11-20T00:00:00+00:00\tgpt-4o\t10.0\t59200.0\t10646.0\t5760.0\n"
      "1795219200\t1795305600\t2026-11-21T00:00:00+00:00\t\t\t\t\t\n");
  CHECK(dashboard.lines.at({kDay, "gpt-4o"}) == MeasureSums{10, 59'200, 5'760, 10'646, 0});
  CHECK(dashboard.lines.size() == 1);
  CHECK(dashboard.last_day == kDay + 1);

  const ProviderUsage by_request = read(
      "request_id,Timestamp,Model,Prompt Tokens,Completion-Tokens,cost_usd\n"
      "a,2026-11-20 10:30:45,m,150,75,$0.0012\nb,2026-11-20T23:59:59Z,m,1,1,0.0001\n");
  CHECK(by_request.lines.at({kDay, "m"}) == MeasureSums{2, 151, 0, 76, 1'300'000});

  const ProviderUsage older = read(R"({"object": "list", "data": [
    {"aggregation_timestamp": 1795132800, "n_requests": 2, "snapshot_id": "gpt-4o-2024-08-06",
     "n_context_tokens_total": 7, "n_generated_tokens_total": 3}]})");
  CHECK(older.lines.at({kDay, "gpt-4o-2024-08-06"}) == MeasureSums{2, 7, 0, 3, 0});

  const ProviderUsage ours = read(
      "day,model,requests,prompt_tokens,cached_tokens,completion_tokens,cost,unit\n"
      "2026-11-20,m,1,2,0,3,0.5,USD\n2026-11-20,m,1,2,0,3,5,tokens\n");
  CHECK(ours.lines.at({kDay, "m"}) == MeasureSums{2, 4, 0, 6, 500'000'000});
}

TEST_CASE("usage that cannot be read is refused with the place") {
  CHECK(fault_of("").find("no usage export") != std::string::npos);
  CHECK(fault_of("a,b\n1,2\n").find("no usage export") != std::string::npos);
  CHECK(fault_of("{\"error\": {}}").find("\"data\"") != std::string::npos);
  CHECK(fault_of("{\"data\": []}").find("no day") != std::string::npos);
  CHECK(fault_of("day,requests\nyesterday,1\n").starts_with("line 2: "));
  CHECK(fault_of("day,requests\n2026-11-20,1.5\n").starts_with("line 2: "));
  CHECK(fault_of("day,requests\n2026-11-20,-1\n").starts_with("line 2: "));
  CHECK(fault_of("day,cost\n2026-11-20,a lot\n").starts_with("line 2: "));
  CHECK(fault_of("day,requests\n2026-11-20\n").starts_with("line 2: "));
  CHECK(fault_of("day,requests\n,1\n").starts_with("line 2: "));
  CHECK(fault_of("start_time,end_time,requests\n1795132800,1795305600,1\n").find("one day") !=
        std::string::npos);
  CHECK(
      fault_of("day,requests\n2026-11-20,9223372036854775807\n2026-11-20,1\n").find("too large") !=
      std::string::npos);
  CHECK(fault_of("[5]").starts_with("entry 1: "));
}

TEST_CASE("differences are found measure by measure") {
  const std::array<bool, kMeasureCount> measures{true, false, false, false, true};
  const UsageLines ours{{{1, "a"}, {1, 5, 0, 5, 100}}, {{1, "b"}, {1, 0, 0, 0, 0}}};
  const UsageLines theirs{{{1, "a"}, {1, 9, 0, 9, 103}}};
  auto found = compare_usage(ours, theirs, measures, 0);
  REQUIRE(found.size() == 4);
  CHECK(found[0].agrees);
  CHECK_FALSE(found[1].agrees);
  CHECK_FALSE(found[2].agrees);
  CHECK(compare_usage(ours, theirs, measures, 3)[1].agrees);
}

TEST_CASE("dated snapshots are known for what they are") {
  CHECK(without_snapshot_date("gpt-4o-2024-08-06") == "gpt-4o");
  CHECK(without_snapshot_date("gpt-4-0613") == "gpt-4");
  CHECK(without_snapshot_date("claude-3-5-sonnet-20241022") == "claude-3-5-sonnet");
  CHECK(without_snapshot_date("gpt-4o-mini") == "gpt-4o-mini");
  const UsageLines ours{{{1, "gpt-4o"}, {}}, {{1, "exact-0613"}, {}}};
  const UsageLines theirs{{{1, "gpt-4o-2024-08-06"}, {}}, {{1, "exact-0613"}, {}}};
  const auto hints = likely_snapshots(ours, theirs);
  REQUIRE(hints.size() == 1);
  CHECK(hints[0].snapshot == "gpt-4o-2024-08-06");
  CHECK(with_snapshots_joined(theirs).contains({1, "gpt-4o"}));
}

}  // namespace chatgate
