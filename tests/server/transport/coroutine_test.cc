#include "server/transport/coroutine.h"

#include <algorithm>
#include <catch2/catch_all.hpp>
#include <thread>
#include <vector>

#include "common/clock.h"

namespace chatgate {
namespace {

// Runs `test` on a loop's own stack and the loop until something stops it.
void on_loop(const std::function<void(EventLoop&)>& test) {
  EventLoop loop;
  loop.post([&] { test(loop); });
  loop.run();
}

TEST_CASE("an event ends a wait", "[coroutine]") {
  std::vector<int> order;
  on_loop([&](EventLoop& loop) {
    auto event = std::make_shared<Event>();
    Coroutine::spawn(loop, [&order, &loop, event] {
      order.push_back(1);
      CHECK(event->wait());
      order.push_back(3);
      loop.stop();
    });
    order.push_back(2);
    event->notify();
  });
  CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE("an event that comes before the wait is not lost", "[coroutine]") {
  bool came = false;
  on_loop([&](EventLoop& loop) {
    Coroutine::spawn(loop, [&] {
      Event event;
      event.notify();
      came = event.wait();
      CHECK_FALSE(event.wait(0));
      loop.stop();
    });
  });
  CHECK(came);
}

TEST_CASE("a wait ends when its time is over, never early", "[coroutine]") {
  int64_t waited_ms = 0;
  on_loop([&](EventLoop& loop) {
    Coroutine::spawn(loop, [&] {
      Event event;
      const int64_t begin_ms = system_clock().steady_ms();
      CHECK_FALSE(event.wait(120));
      waited_ms = system_clock().steady_ms() - begin_ms;
      loop.stop();
    });
  });
  CHECK(waited_ms >= 120);
}

TEST_CASE("one coroutine wakes another", "[coroutine]") {
  int turns = 0;
  on_loop([&](EventLoop& loop) {
    auto ping = std::make_shared<Event>();
    auto pong = std::make_shared<Event>();
    Coroutine::spawn(loop, [&turns, ping, pong] {
      for (int i = 0; i < 100; ++i) {
        ping->wait();
        ++turns;
        pong->notify();
      }
    });
    Coroutine::spawn(loop, [&loop, ping, pong] {
      for (int i = 0; i < 100; ++i) {
        ping->notify();
        pong->wait();
      }
      loop.stop();
    });
  });
  CHECK(turns == 100);
}

TEST_CASE("work on the loop's stack runs outside the coroutine", "[coroutine]") {
  on_loop([&](EventLoop& loop) {
    Coroutine::spawn(loop, [&] {
      auto* self = Coroutine::current();
      CHECK(self != nullptr);
      bool was_outside = false;
      self->run_on_loop_stack([&] { was_outside = Coroutine::current() == nullptr; });
      CHECK(was_outside);
      CHECK(Coroutine::current() == self);
      loop.stop();
    });
  });
}

TEST_CASE("thousands of coroutines wait at once and all return", "[coroutine]") {
  constexpr int kCount = 5000;
  int returned = 0;
  on_loop([&](EventLoop& loop) {
    std::vector<std::shared_ptr<Event>> events;
    for (int i = 0; i < kCount; ++i) {
      auto event = events.emplace_back(std::make_shared<Event>());
      Coroutine::spawn(loop, [&, event] {
        if (event->wait(60'000)) ++returned;
        if (returned == kCount) loop.stop();
      });
    }
    for (auto& event : events) event->notify();
  });
  CHECK(returned == kCount);
}

TEST_CASE("timers fire in their order and not once cancelled", "[event_loop]") {
  std::vector<int> fired;
  on_loop([&](EventLoop& loop) {
    auto timers = std::make_shared<std::vector<std::unique_ptr<Timer>>>();
    for (int i = 0; i < 4; ++i) timers->push_back(std::make_unique<Timer>(loop));
    (*timers)[0]->set(200, [&fired, &loop, timers] {
      fired.push_back(0);
      loop.stop();
    });
    (*timers)[1]->set(100, [&fired] { fired.push_back(1); });
    (*timers)[2]->set(0, [&fired] { fired.push_back(2); });
    (*timers)[3]->set(50, [&fired] { fired.push_back(3); });
    (*timers)[3]->cancel();
    CHECK_FALSE((*timers)[3]->is_set());
  });
  CHECK(fired == std::vector{2, 1, 0});
}

TEST_CASE("a timer's callback may end other timers that are due", "[event_loop]") {
  int fired = 0;
  on_loop([&](EventLoop& loop) {
    auto first = std::make_shared<std::unique_ptr<Timer>>(std::make_unique<Timer>(loop));
    auto second = std::make_shared<std::unique_ptr<Timer>>(std::make_unique<Timer>(loop));
    auto end = std::make_shared<Timer>(loop);
    const auto destroy_other = [&fired](auto& other) {
      ++fired;
      other->reset();
    };
    (*first)->set(0, [=] { destroy_other(second); });
    (*second)->set(0, [=] { destroy_other(first); });
    end->set(200, [&loop, end] { loop.stop(); });
  });
  CHECK(fired == 1);
}

TEST_CASE("posts from other threads arrive in order", "[event_loop]") {
  EventLoop loop;
  std::vector<int> arrived;
  std::thread sender([&] {
    for (int i = 0; i < 1000; ++i) loop.post([&arrived, i] { arrived.push_back(i); });
    loop.post([&loop] { loop.stop(); });
  });
  loop.run();
  sender.join();
  REQUIRE(arrived.size() == 1000);
  CHECK(std::is_sorted(arrived.begin(), arrived.end()));
}

}  // namespace
}  // namespace chatgate
