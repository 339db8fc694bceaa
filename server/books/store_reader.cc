#include "server/books/store_reader.h"

#include <utility>

#include "server/transport/coroutine.h"

namespace chatgate {

StoreReader::StoreReader(std::unique_ptr<Store> store)
    : store_(std::move(store)), thread_([this] { work(); }) {}

StoreReader::~StoreReader() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_up_.notify_one();
  thread_.join();
}

void StoreReader::run(std::function<void(Store&)> read) {
  auto& loop = Coroutine::current()->loop();
  Event done;
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back([read = std::move(read), &loop, &done](Store& store) {
      read(store);
      loop.post([&done] { done.notify(); });
    });
  }
  wake_up_.notify_one();
  done.wait();
}

void StoreReader::work() {
  for (;;) {
    std::function<void(Store&)> task;
    {
      std::unique_lock lock(mutex_);
      wake_up_.wait(lock, [this] { return is_stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task(*store_);
  }
}

}  // namespace chatgate
