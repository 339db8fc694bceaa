#include "server/transport/slow_work.h"

#include <utility>

#include "server/transport/coroutine.h"

namespace chatgate {

SlowWork::SlowWork(size_t threads, size_t queued_max) : queued_max_(queued_max) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

SlowWork::~SlowWork() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_up_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool SlowWork::run(std::function<void()> work) {
  auto& loop = Coroutine::current()->loop();
  Event done;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= queued_max_) return false;
    queue_.emplace_back([work = std::move(work), &loop, &done] {
      work();
      loop.post([&done] { done.notify(); });
    });
  }
  wake_up_.notify_one();
  done.wait();
  return true;
}

void SlowWork::serve() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      wake_up_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
      if (is_stopping_) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace chatgate
