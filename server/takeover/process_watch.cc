#include "server/takeover/process_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace chatgate {

Result<std::unique_ptr<ProcessWatch>> ProcessWatch::start(int process_id) {
  if (process_id <= 0) {
    return fail(ErrorCode::kSystem, "the other process is not visible from here");
  }
  // Becomes readable when the process is gone, also while its parent has not asked for its status.
  const auto descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process_id, 0));
  if (descriptor < 0) {
    return fail(ErrorCode::kSystem,
                "the process " + std::to_string(process_id) +
                    " cannot be watched: " + std::generic_category().message(errno));
  }
  return std::unique_ptr<ProcessWatch>(new ProcessWatch(process_id, descriptor));
}

ProcessWatch::~ProcessWatch() { ::close(descriptor_); }

bool ProcessWatch::has_ended(int64_t timeout_ms) const {
  pollfd watched{descriptor_, POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(timeout_ms)) > 0;
}

}  // namespace chatgate
