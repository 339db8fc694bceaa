// Reads of the store that a route needs beside the snapshots: one thread with a connection of its
// own works them off, while the coroutine that asked waits without blocking its loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "common/store/store.h"

namespace chatgate {

class StoreReader {
 public:
  explicit StoreReader(std::unique_ptr<Store> store);
  ~StoreReader();

  // Runs `read` on the reader's thread and returns when it is done. REQUIRES: inside a coroutine.
  void run(std::function<void(Store&)> read);

 private:
  void work();

  std::unique_ptr<Store> store_;
  std::mutex mutex_;
  std::condition_variable wake_up_;
  std::deque<std::function<void(Store&)>> tasks_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace chatgate
