#include "server/supervisor.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace chatgate {
namespace {

void tell(std::string_view state) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  const std::string_view path = name == nullptr ? "" : name;
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';  // a name that is in no file system
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // A supervisor that does not listen misses it; the service goes on.
  [[maybe_unused]] const ssize_t sent =
      ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), bytes);
  ::close(socket);
}

}  // namespace

void tell_supervisor_ready() { tell("MAINPID=" + std::to_string(::getpid()) + "\nREADY=1\n"); }

void tell_supervisor_stopping() { tell("STOPPING=1\n"); }

}  // namespace chatgate
