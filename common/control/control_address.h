// The control socket's address, for both of its ends. Pure; any thread.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <optional>
#include <string>

namespace chatgate {

// Nothing for a path that is longer than a socket's may be.
inline std::optional<sockaddr_un> control_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Where a gateway listens that finishes its requests while another one has taken over its place.
inline std::string aside_path_of(const std::string& path, int process_id) {
  return path + "." + std::to_string(process_id);
}

}  // namespace chatgate
