#include "server/admin/admin_server.h"

#include <catch2/catch_all.hpp>
#include <map>
#include <string>

#include "common/net/address.h"
#include "server/admin/metric_families.h"
#include "server/admin/process_figures.h"

namespace chatgate {
namespace {

TEST_CASE("a Host header is this machine's own when it is an address or localhost", "[admin]") {
  for (const std::string_view host :
       {"localhost", "localhost:9464", "LocalHost:1", "127.0.0.1:9464", "127.0.0.1", "10.1.2.3:80",
        "[::1]:9464", "[fd00::1]", "203.0.113.9", ""}) {
    CAPTURE(host);
    CHECK(is_own_host(host));
  }
  for (const std::string_view host :
       {"evil.example", "evil.example:9464", "localhost.evil.example", "127.0.0.1.evil.example",
        "evil.localhost", "127.1", "2130706433", "0x7f000001", "[evil]", "[::1", ":9464",
        "localhost."}) {
    CAPTURE(host);
    CHECK_FALSE(is_own_host(host));
  }
}

TEST_CASE("private addresses are those that the internet does not route", "[admin]") {
  for (const std::string_view address :
       {"127.0.0.1:1", "localhost:1", "[::1]:1", "10.0.0.1:1", "172.16.0.1:1", "172.31.255.254:1",
        "192.168.1.1:1", "169.254.1.1:1", "[fd12::1]:1", "[fe80::1]:1", "[::ffff:10.0.0.1]:1"}) {
    CAPTURE(address);
    CHECK(is_private(address));
  }
  for (const std::string_view address :
       {"0.0.0.0:1", "[::]:1", ":1", "8.8.8.8:1", "172.32.0.1:1", "192.169.0.1:1", "11.0.0.1:1",
        "[2001:db8::1]:1", "[::ffff:8.8.8.8]:1", "[::ffff:0.0.0.0]:1", "[::127.0.0.1]:1",
        "gateway.internal:1", "127.0.0.1"}) {
    CAPTURE(address);
    CHECK_FALSE(is_private(address));
  }
}

TEST_CASE("a histogram's samples add up and keep their unit", "[admin]") {
  FamilyList families;
  HistogramCounts counts;
  counts.counts.at(0) = 2;
  counts.counts.at(2) = 1;
  counts.counts.at(3) = 4;
  counts.sum = 2'500'000'000;
  static constexpr std::array<int64_t, 3> kBounds{kMillisecondNs / 2, 5 * kMillisecondNs / 2,
                                                  1'000 * kMillisecondNs};
  families.histogram("h", "").add_histogram({{"a", "b"}}, kBounds, counts, 1e9);
  const auto taken = families.take();
  REQUIRE(taken.size() == 1);
  const auto& histogram = taken[0].metric.at(0).histogram;
  REQUIRE(histogram.bucket.size() == 3);
  CHECK(histogram.bucket[0].upper_bound == 0.0005);
  CHECK(histogram.bucket[0].cumulative_count == 2);
  CHECK(histogram.bucket[1].upper_bound == 0.0025);
  CHECK(histogram.bucket[2].cumulative_count == 3);
  CHECK(histogram.sample_count == 7);
  CHECK(histogram.sample_sum == 2.5);
}

TEST_CASE("money keeps its unit's places", "[admin]") {
  FamilyList families;
  families.counter("c_total", "")
      .add_money({}, {31'000}, Unit{"USD"})
      .add_money({}, {31'000}, Unit{"tokens"});
  const auto taken = families.take();
  CHECK(taken.at(0).metric.at(0).counter.value == 0.000031);
  CHECK(taken.at(0).metric.at(1).counter.value == 31'000);
}

TEST_CASE("the process's figures are those of this process", "[admin]") {
  FamilyList families;
  collect_process_figures(families);
  std::map<std::string, double> figures;
  for (const auto& family : families.take()) {
    REQUIRE(family.metric.size() == 1);
    const bool is_counter = family.type == prometheus::MetricType::Counter;
    figures[family.name] =
        is_counter ? family.metric[0].counter.value : family.metric[0].gauge.value;
  }
  CHECK(figures.size() == 7);
  CHECK(figures["process_resident_memory_bytes"] > 1e6);
  CHECK(figures["process_virtual_memory_bytes"] > figures["process_resident_memory_bytes"]);
  CHECK(figures["process_threads"] >= 1);
  CHECK(figures["process_open_fds"] >= 3);
  CHECK(figures["process_max_fds"] >= figures["process_open_fds"]);
  CHECK(figures["process_start_time_seconds"] > 1.5e9);
  CHECK(figures["process_cpu_seconds_total"] >= 0);
}

}  // namespace
}  // namespace chatgate
