#include "server/inherited_socket.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr int kFirstSocket = 3;  // SD_LISTEN_FDS_START

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  unsetenv(name);
  return text;
}

}  // namespace

Result<std::optional<int>> take_inherited_socket() {
  const std::string pid = take_variable("LISTEN_PID");
  const std::string count = take_variable("LISTEN_FDS");
  take_variable("LISTEN_FDNAMES");
  if (pid != std::to_string(::getpid()) || count.empty() || count == "0") {
    return std::optional<int>();
  }
  if (count != "1") {
    return fail(ErrorCode::kInvalidArgument,
                "LISTEN_FDS is " + quote(count) +
                    ": one socket can be served; leave one ListenStream in the socket unit");
  }
  if (::fcntl(kFirstSocket, F_SETFD, FD_CLOEXEC) != 0) {
    return fail(ErrorCode::kInvalidArgument,
                "LISTEN_FDS is 1, but descriptor 3 is not open: start through a socket unit, or "
                "unset LISTEN_PID and LISTEN_FDS");
  }
  return std::optional<int>(kFirstSocket);
}

}  // namespace chatgate
