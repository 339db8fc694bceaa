// The event loops of a gateway and their threads. Parts that live on the loops are destroyed
// between stop and ~Loops.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "server/transport/event_loop.h"

namespace chatgate {

class Loops {
 public:
  // `count` of them; 0: one for each core.
  explicit Loops(int64_t count) {
    const auto wanted = count > 0 ? static_cast<size_t>(count)
                                  : std::max<size_t>(1, std::thread::hardware_concurrency());
    for (size_t i = 0; i < wanted; ++i) loops_.push_back(std::make_unique<EventLoop>());
  }
  ~Loops() { stop(); }
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  void start() {
    for (auto& loop : loops_) threads_.emplace_back([&loop] { loop->run(); });
  }
  void stop() {
    for (auto& loop : loops_) loop->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  std::vector<EventLoop*> all() const {
    std::vector<EventLoop*> all;
    for (const auto& loop : loops_) all.push_back(loop.get());
    return all;
  }

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace chatgate
