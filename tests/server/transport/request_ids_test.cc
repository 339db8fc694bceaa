#include "server/transport/request_ids.h"

#include <catch2/catch_all.hpp>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/manual_clock.h"

namespace chatgate {
namespace {

TEST_CASE("request ids grow when the clock stands or steps back", "[request_ids]") {
  ManualClock clock;
  RequestIds ids(clock);
  const auto first = ids.next();
  CHECK(first.value >> kRequestIdTimeShift == clock.now().unix_ms);
  const auto second = ids.next();
  CHECK(second > first);
  clock.set_wall_clock({clock.now().unix_ms - 60'000});
  CHECK(ids.next() > second);
}

TEST_CASE("request ids continue after the books", "[request_ids]") {
  ManualClock clock;
  RequestIds ids(clock);
  const RequestId last{(clock.now().unix_ms + 5'000) << kRequestIdTimeShift};
  ids.continue_after(last);
  CHECK(ids.next() > last);
  ids.continue_after({1});
  CHECK(ids.next() > last);
}

TEST_CASE("threads never share a request id", "[request_ids]") {
  ManualClock clock;
  RequestIds ids(clock);
  std::vector<std::vector<RequestId>> taken(4);
  std::vector<std::thread> threads;
  for (auto& mine : taken) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) mine.push_back(ids.next());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<RequestId> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == 40'000);
}

}  // namespace
}  // namespace chatgate
