#include "server/upstream/upstream_pool.h"

#include <catch2/catch_all.hpp>
#include <map>

#include "tests/support/manual_clock.h"

namespace chatgate {
namespace {

using Outcome = UpstreamPool::Outcome;

UpstreamConfig upstream(const std::string& name, int64_t weight = 1) {
  UpstreamConfig config;
  config.name = name;
  config.weight = weight;
  config.base_url = "http://" + name + "/v1";
  return config;
}

Config config_of(std::vector<UpstreamConfig> upstreams) {
  Config config;
  config.upstreams = std::move(upstreams);
  config.failures_to_set_aside = 3;
  config.set_aside_ms = 1000;
  return config;
}

void fail_times(UpstreamPool& pool, const UpstreamPool::Choice& choice, int times) {
  for (int i = 0; i < times; ++i) pool.report(choice, Outcome::kFailed);
}

TEST_CASE("traffic follows the weights", "[upstream_pool]") {
  ManualClock clock;
  UpstreamPool pool(config_of({upstream("a", 1), upstream("b", 3)}), clock);
  std::map<std::string, int> counts;
  for (int i = 0; i < 4000; ++i) ++counts[pool.choose("m", {})->upstream->name];
  CHECK(counts["a"] > 800);
  CHECK(counts["a"] < 1200);
}

TEST_CASE("a retry goes elsewhere as long as there is an elsewhere", "[upstream_pool]") {
  ManualClock clock;
  UpstreamPool pool(config_of({upstream("a"), upstream("b")}), clock);
  for (int i = 0; i < 50; ++i) {
    const auto first = pool.choose("m", {});
    const auto second = pool.choose("m", {first->upstream_index});
    CHECK(second->upstream_index != first->upstream_index);
    CHECK_FALSE(second->is_retry);
    CHECK(pool.choose("m", {0, 1})->is_retry);
  }
}

TEST_CASE("only upstreams that serve the model are chosen", "[upstream_pool]") {
  ManualClock clock;
  auto a = upstream("a");
  a.models = {"gpt-*"};
  auto b = upstream("b");
  b.models = {"llama"};
  UpstreamPool pool(config_of({a, b}), clock);
  for (int i = 0; i < 20; ++i) {
    CHECK(pool.choose("gpt-4o", {})->upstream->name == "a");
    CHECK(pool.choose("llama", {})->upstream->name == "b");
  }
  CHECK_FALSE(pool.choose("other", {}));
}

TEST_CASE("an upstream that keeps failing is set aside, probed, and returns", "[upstream_pool]") {
  ManualClock clock;
  UpstreamPool pool(config_of({upstream("a"), upstream("b")}), clock);
  auto a = *pool.choose("m", {1});
  REQUIRE(a.upstream->name == "a");
  fail_times(pool, a, 3);
  for (int i = 0; i < 50; ++i) CHECK(pool.choose("m", {})->upstream->name == "b");
  CHECK(pool.is_any_available());

  clock.advance_ms(1001);
  int probes = 0;
  for (int i = 0; i < 50; ++i) probes += pool.choose("m", {})->upstream->name == "a" ? 1 : 0;
  CHECK(probes == 1);  // one request at a time finds out
  pool.report(a, Outcome::kAnswered);
  int chosen = 0;
  for (int i = 0; i < 100; ++i) chosen += pool.choose("m", {})->upstream->name == "a" ? 1 : 0;
  CHECK(chosen > 20);
}

TEST_CASE("failed probes keep it away for longer each time", "[upstream_pool]") {
  ManualClock clock;
  UpstreamPool pool(config_of({upstream("a"), upstream("b")}), clock);
  const auto a = *pool.choose("m", {1});
  fail_times(pool, a, 3);
  clock.advance_ms(1001);
  while (pool.choose("m", {})->upstream->name != "a") {
  }
  pool.report(a, Outcome::kFailed);
  clock.advance_ms(1500);
  for (int i = 0; i < 50; ++i) CHECK(pool.choose("m", {})->upstream->name == "b");
}

TEST_CASE("the only upstream is tried even when it is set aside", "[upstream_pool]") {
  ManualClock clock;
  UpstreamPool pool(config_of({upstream("a")}), clock);
  fail_times(pool, *pool.choose("m", {}), 10);
  CHECK_FALSE(pool.is_any_available());
  CHECK(pool.choose("m", {}));
}

TEST_CASE("keys take turns, and a rate limited one rests", "[upstream_pool]") {
  ManualClock clock;
  auto a = upstream("a");
  a.keys = {"k1", "k2", "k3"};
  UpstreamPool pool(config_of({a}), clock);
  const auto first = *pool.choose("m", {});
  pool.report(first, Outcome::kRateLimited, 5000);
  std::map<std::string_view, int> counts;
  for (int i = 0; i < 30; ++i) ++counts[pool.choose("m", {})->key];
  CHECK(counts[first.key] == 0);
  CHECK(counts.size() == 3 - 1 + 1);  // the lookup above made the third
  clock.advance_ms(5001);
  for (int i = 0; i < 30; ++i) ++counts[pool.choose("m", {})->key];
  CHECK(counts[first.key] == 10);
}

}  // namespace
}  // namespace chatgate
