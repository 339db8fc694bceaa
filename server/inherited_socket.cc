#include "server/inherited_socket.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr int kFirstSocket = 3;  // SD_LISTEN_FDS_START
constexpr int kSocketsMax = 64;
constexpr std::array<std::string_view, 4> kNames{"http", "websocket", "grpc", "admin"};

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  unsetenv(name);
  return text;
}

std::vector<std::string> split_at_colons(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(':', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string known_names() {
  std::string text;
  for (const auto name : kNames) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

}  // namespace

Result<SocketsByName> name_sockets(const std::string& count_text, const std::string& names_text) {
  int count = 0;
  const char* end = count_text.data() + count_text.size();
  const auto parsed = std::from_chars(count_text.data(), end, count);
  if (parsed.ec != std::errc() || parsed.ptr != end || count < 0 || count > kSocketsMax) {
    return fail(ErrorCode::kInvalidArgument,
                "LISTEN_FDS is " + quote(count_text) + ", which is no number of sockets");
  }
  auto names = split_at_colons(names_text);
  names.resize(static_cast<size_t>(count));
  if (count == 1 && std::ranges::find(kNames, names[0]) == kNames.end()) names[0] = "http";
  SocketsByName sockets;
  for (int i = 0; i < count; ++i) {
    const auto& name = names[static_cast<size_t>(i)];
    const bool is_known = std::ranges::find(kNames, name) != kNames.end();
    if (is_known && sockets.emplace(name, InheritedSocket{kFirstSocket + i, true}).second) continue;
    return fail(ErrorCode::kInvalidArgument,
                "LISTEN_FDS is " + quote(count_text) + ", and LISTEN_FDNAMES " + quote(names_text) +
                    " does not tell what each socket is for: give each socket unit one "
                    "ListenStream and another FileDescriptorName (" +
                    known_names() + ")");
  }
  return sockets;
}

Result<SocketsByName> take_inherited_sockets() {
  const std::string pid = take_variable("LISTEN_PID");
  const std::string count = take_variable("LISTEN_FDS");
  const std::string names = take_variable("LISTEN_FDNAMES");
  if (pid != std::to_string(::getpid()) || count.empty()) return SocketsByName();
  auto sockets = name_sockets(count, names);
  if (!sockets) return sockets;
  for (const auto& [name, socket] : *sockets) {
    if (::fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC) == 0) continue;
    return fail(ErrorCode::kInvalidArgument,
                "LISTEN_FDS is " + count + ", but descriptor " + std::to_string(socket.descriptor) +
                    " is not open: start through a socket unit, or unset LISTEN_PID and "
                    "LISTEN_FDS");
  }
  return sockets;
}

}  // namespace chatgate
