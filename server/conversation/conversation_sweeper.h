// Deletes messages whose time is over, in the database and in memory, while the gateway serves: a
// thread and a connection of its own, once at the start and then each minute. Its transactions are
// so short that commits beside it do not notice. Made and ended by the server.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "common/clock.h"
#include "common/store/store.h"

namespace chatgate {

class Conversations;

class ConversationSweeper {
 public:
  ConversationSweeper(std::unique_ptr<Store> store, Conversations& conversations,
                      const Clock& clock, int64_t interval_ms = 60'000);
  ~ConversationSweeper();  // waits for the transaction under way, if there is one

 private:
  void run();
  void sweep();
  bool is_stopped_within(int64_t ms);

  std::unique_ptr<Store> store_;
  Conversations& conversations_;
  const Clock& clock_;
  const int64_t interval_ms_;
  std::mutex mutex_;
  std::condition_variable wake_up_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace chatgate
