#include "server/metrics/loop_metrics.h"

#include <catch2/catch_all.hpp>
#include <map>
#include <string>

namespace chatgate {
namespace {

using Statuses = std::map<std::pair<size_t, int>, int64_t>;

Statuses statuses_of(const LoopMetrics& metrics) {
  Statuses statuses;
  metrics.for_each_status([&](const LoopMetrics::StatusCount& count) {
    statuses[{count.door, count.status}] += count.requests.value();
  });
  return statuses;
}

TEST_CASE("a value counts under the first bound that it does not exceed", "[metrics]") {
  static constexpr std::array<int64_t, 3> kBounds{1, 10, 100};
  Histogram histogram(kBounds);
  for (const int64_t value : {0, 1, 2, 10, 11, 100, 101, 5000}) histogram.observe(value);
  const auto read = histogram.read();
  CHECK(read.counts.at(0) == 2);
  CHECK(read.counts.at(1) == 2);
  CHECK(read.counts.at(2) == 2);
  CHECK(read.counts.at(3) == 2);
  CHECK(read.sum == 0 + 1 + 2 + 10 + 11 + 100 + 101 + 5000);
}

TEST_CASE("requests count by door and status", "[metrics]") {
  LoopMetrics metrics;
  metrics.count_request("v1", 200, 3 * kMillisecondNs);
  metrics.count_request("v1", 200, 700'000 * kMillisecondNs);
  metrics.count_request("v1", 429, 0);
  metrics.count_request("", 404, 0);
  metrics.count_request("no such door", 200, 0);
  const size_t v1 = door_index("v1");
  CHECK(statuses_of(metrics) ==
        Statuses{{{v1, 200}, 2}, {{v1, 429}, 1}, {{0, 404}, 1}, {{door_index("other"), 200}, 1}});
  const auto durations = metrics.duration_ns(v1).read();
  CHECK(durations.counts.front() == 2);
  CHECK(durations.counts.back() == 1);
}

TEST_CASE("statuses that nobody expects take a bounded place", "[metrics]") {
  LoopMetrics metrics;
  for (int status = 0; status < 5000; ++status) metrics.count_request("v1", status, 0);
  const auto statuses = statuses_of(metrics);
  CHECK(statuses.size() == LoopMetrics::kStatusesMax);
  int64_t sum = 0;
  for (const auto& [key, count] : statuses) sum += count;
  CHECK(sum == 5000);
  CHECK(statuses.at({door_index("other"), -1}) == 5001 - int64_t{LoopMetrics::kStatusesMax});
}

TEST_CASE("upstreams beyond the bound share a name", "[metrics]") {
  LoopMetrics metrics;
  for (int i = 0; i < 300; ++i) metrics.upstream("upstream" + std::to_string(i)).attempts.add();
  metrics.upstream("upstream0").attempts.add();
  std::map<std::string, int64_t> attempts;
  metrics.for_each_upstream([&](const UpstreamMetrics& upstream) {
    attempts[upstream.name] += upstream.attempts.value();
  });
  CHECK(attempts.size() == LoopMetrics::kUpstreamsMax);
  CHECK(attempts["upstream0"] == 2);
  CHECK(attempts["other"] == 301 - int64_t{LoopMetrics::kUpstreamsMax});
}

}  // namespace
}  // namespace chatgate
