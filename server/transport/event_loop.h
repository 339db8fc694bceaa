// One thread's share of the gateway: an asio::io_context, and timers that cost no system call.
// Everything but `post` and `stop` belongs to the thread that calls `run`.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "server/metrics/loop_metrics.h"

namespace boost::asio {
class io_context;
}

namespace chatgate {

class Timer;

// A place in a circular doubly linked list; alone, it points to itself.
struct ListLink {
  ListLink* next = this;
  ListLink* previous = this;
  void unlink();
  void insert_before(ListLink& place);
};

class EventLoop {
 public:
  // How exact timers are: they fire up to one tick late. One asio timer serves them all, because
  // re-arming one for each wait was measured to cost more than a quarter of the CPU time.
  static constexpr int64_t kTickMs = 50;

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  boost::asio::io_context& io();

  void run();   // until stop()
  void stop();  // from any thread
  // Runs `task` on the loop's thread, on its own stack. From any thread.
  void post(std::function<void()> task);

  // Milliseconds of a steady clock, read once each tick and so up to kTickMs old.
  int64_t coarse_now_ms() const { return now_ms_; }

  // What the requests on this loop are counted in. Lives as long as the last handler.
  LoopMetrics& metrics() { return metrics_; }
  const LoopMetrics& metrics() const { return metrics_; }

 private:
  friend class Timer;
  struct Impl;

  static constexpr size_t kSlots = 512;

  void on_tick();
  void insert(Timer& timer);
  void fire_due(ListLink& slot);
  void schedule_tick();

  LoopMetrics metrics_;
  std::unique_ptr<Impl> impl_;
  int64_t now_ms_ = 0;
  int64_t tick_ = 0;
  std::array<ListLink, kSlots> wheel_;  // timers by due tick modulo kSlots
};

// A callback at a later time, on the loop's own stack. Setting and cancelling cost nanoseconds.
class Timer : private ListLink {
 public:
  explicit Timer(EventLoop& loop) : loop_(loop) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces what was set. `delay_ms` >= 0. The callback may set or destroy this timer.
  void set(int64_t delay_ms, std::function<void()> callback);
  void cancel();
  bool is_set() const { return next != this; }

 private:
  friend class EventLoop;

  EventLoop& loop_;
  std::function<void()> callback_;
  int64_t due_tick_ = 0;
};

}  // namespace chatgate
