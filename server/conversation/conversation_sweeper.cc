#include "server/conversation/conversation_sweeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/log/log.h"
#include "server/conversation/conversations.h"

namespace chatgate {
namespace {

// Messages of one transaction, and how long the write lock is left alone after it at least.
constexpr size_t kRowsMax = 500;
constexpr int64_t kPauseMsMin = 2;
constexpr int64_t kPauseMsMax = 200;

}  // namespace

ConversationSweeper::ConversationSweeper(std::unique_ptr<Store> store, Conversations& conversations,
                                         const Clock& clock, int64_t interval_ms)
    : store_(std::move(store)),
      conversations_(conversations),
      clock_(clock),
      interval_ms_(interval_ms),
      thread_([this] { run(); }) {}

ConversationSweeper::~ConversationSweeper() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_up_.notify_one();
  thread_.join();
}

void ConversationSweeper::run() {
  do {
    sweep();
  } while (!is_stopped_within(interval_ms_));
}

void ConversationSweeper::sweep() {
  conversations_.forget_expired();
  int64_t messages = 0;
  for (int64_t pause_ms = 0; !is_stopped_within(pause_ms);) {
    const int64_t begun_ms = system_clock().steady_ms();
    const auto purged = store_->purge_expired(clock_.now(), kRowsMax);
    if (!purged) {
      // A full disk, a lock held for long: the next round tries again.
      log::warn("messages_not_purged", {{"reason", std::string_view(purged.error().message)}});
      break;
    }
    messages += purged->messages;
    if (purged->messages < static_cast<int64_t>(kRowsMax)) break;
    pause_ms = std::clamp(system_clock().steady_ms() - begun_ms, kPauseMsMin, kPauseMsMax);
  }
  if (messages > 0) log::debug("messages_purged", {{"count", messages}});
}

bool ConversationSweeper::is_stopped_within(int64_t ms) {
  std::unique_lock lock(mutex_);
  return wake_up_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return is_stopping_; });
}

}  // namespace chatgate
