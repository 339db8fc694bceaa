// Stackful coroutines on an event loop: handlers read like blocking code while the loop serves
// thousands of them. A coroutine is created on a loop's thread, runs only there, and ends when its
// body returns. Boost.Context switches the stacks, the same machinery that asio::spawn stands on;
// it is used directly because then a wait costs no allocation, any callback (libcurl's, the book
// writer's) can end a wait, and each switch can be announced to AddressSanitizer.
//
// Rules for code that runs inside: no thread-local state across a wait, no wait inside a `catch`
// block, no deep recursion (the stack is kStackBytes with a guard page below).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "server/transport/event_loop.h"

namespace chatgate {

class Coroutine {
 public:
  // Starts `body` on `loop` at once. REQUIRES: called on the loop's thread, outside any coroutine.
  static void spawn(EventLoop& loop, std::function<void()> body);

  // The coroutine that is running on this thread; null on a loop's own stack.
  static Coroutine* current();

  EventLoop& loop() { return loop_; }

  // Runs `work` on the loop's own, large stack and comes back. For libraries whose stack use is not
  // ours to bound (libcurl, TLS). REQUIRES: called inside this coroutine; `work` does not wait.
  void run_on_loop_stack(const std::function<void()>& work);

  // Gives the memory back that deeper calls have touched below this one. Worth a system call before
  // a long wait, as a stream's: the pages return by themselves when they are needed again.
  void release_unused_stack();

  // What the code inside wants to find again wherever it runs: the connection that it serves.
  void* context = nullptr;

  ~Coroutine();
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;

 private:
  friend class Event;
  struct Switch;

  Coroutine(EventLoop& loop, std::function<void()> body);
  void resume();   // on the loop's stack: runs the coroutine until it waits or ends
  void suspend();  // inside: back to the loop

  EventLoop& loop_;
  std::function<void()> body_;
  const std::function<void()>* work_on_loop_stack_ = nullptr;
  bool is_done_ = false;
  std::unique_ptr<Switch> switch_;
};

// Something that one coroutine waits for and a callback on the same loop reports. A report that
// comes before the wait is remembered, so none is lost.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Returns true once notified (and forgets it), false when `timeout_ms` (>= 0) passed first;
  // a negative timeout waits for ever. REQUIRES: inside a coroutine; one waiter at a time.
  bool wait(int64_t timeout_ms = -1);

  // REQUIRES: on the waiting coroutine's loop thread. Resumes the waiter at once, or, when called
  // from inside another coroutine, soon.
  void notify();

 private:
  void wake();

  Coroutine* waiter_ = nullptr;
  bool is_notified_ = false;
};

}  // namespace chatgate
