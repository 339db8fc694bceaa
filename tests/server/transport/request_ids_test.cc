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

TEST_CASE("processes of different lanes never share a request id", "[request_ids]") {
  ManualClock clock;
  RequestIds old_ids(clock);
  RequestIds new_ids(clock);
  const RequestId last = old_ids.next();
  new_ids.use_lane(1);
  new_ids.continue_after(last);
  std::set<RequestId> all{last};
  RequestId newest = last;
  for (int i = 0; i < 1'000; ++i) {
    // The clock stands, runs and is set back, for both alike.
    if (i % 7 == 0) clock.set_wall_clock({clock.now().unix_ms + (i % 3) - 1});
    const RequestId from_old = old_ids.next();
    const RequestId from_new = new_ids.next();
    CHECK(lane_of(from_old) == 0);
    CHECK(lane_of(from_new) == 1);
    CHECK(from_new > newest);
    newest = from_new;
    CHECK(all.insert(from_old).second);
    CHECK(all.insert(from_new).second);
  }
}

TEST_CASE("a lane is kept whatever it continues after", "[request_ids]") {
  ManualClock clock;
  for (const int64_t lane : {0, 1}) {
    for (const int64_t beyond : {0, 1, 2, 3}) {
      RequestIds ids(clock);
      ids.use_lane(lane);
      const RequestId last{((clock.now().unix_ms + 9) << kRequestIdTimeShift) + beyond};
      ids.continue_after(last);
      const RequestId next = ids.next();
      CHECK(next > last);
      CHECK(lane_of(next) == lane);
    }
  }
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
