// The control socket's address, for both of its ends. Pure; any thread.
#pragma once

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

}  // namespace chatgate
