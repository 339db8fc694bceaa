#include "server/upstream/upstream_call.h"

#include <utility>

namespace chatgate {

UpstreamCall::Progress UpstreamCall::wait(int64_t timeout_ms) {
  if (std::exchange(is_interrupted_, false)) return Progress::kInterrupted;
  if (!event_.wait(timeout_ms)) return Progress::kTimeout;
  return std::exchange(is_interrupted_, false) ? Progress::kInterrupted : Progress::kReady;
}

UpstreamCall::Progress UpstreamCall::await_head(int64_t timeout_ms) {
  while (!has_head_) {
    if (is_done_) return was_sent_ ? Progress::kBroken : Progress::kUnreachable;
    const auto progress = wait(timeout_ms);
    if (progress != Progress::kReady) return progress;
  }
  return Progress::kReady;
}

UpstreamCall::Progress UpstreamCall::read(std::string& into, int64_t timeout_ms) {
  for (;;) {
    if (!buffer_.empty()) {
      into.empty() ? into.swap(buffer_) : void(into += buffer_);
      buffer_.clear();
      return Progress::kReady;
    }
    if (is_done_) return is_failed_ ? Progress::kBroken : Progress::kEnd;
    if (std::exchange(is_paused_, false)) {
      go_on();
      continue;
    }
    const auto progress = wait(timeout_ms);
    if (progress != Progress::kReady) return progress;
  }
}

void UpstreamCall::interrupt() {
  is_interrupted_ = true;
  event_.notify();
}

}  // namespace chatgate
