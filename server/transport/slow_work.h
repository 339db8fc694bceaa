// Threads for work that takes longer than an event loop may be held up: password hashes, the
// private key's part of a TLS handshake. A coroutine waits for its piece; the queue is bounded.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace chatgate {

class SlowWork {
 public:
  SlowWork(size_t threads, size_t queued_max);
  ~SlowWork();  // REQUIRES: no loop runs any more on which somebody waits

  // Returns when `work` is done; false, at once, when too much is queued already. REQUIRES: inside
  // a coroutine.
  bool run(std::function<void()> work);

 private:
  void serve();

  const size_t queued_max_;
  std::mutex mutex_;
  std::condition_variable wake_up_;
  std::deque<std::function<void()>> queue_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace chatgate
