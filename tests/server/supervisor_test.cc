#include "server/supervisor.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_all.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

// What a supervisor that listens at `name` hears of `tell`.
std::string heard(const std::string& name, void (*tell)()) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), bytes) == 0);
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  tell();
  ::unsetenv("NOTIFY_SOCKET");
  std::array<char, 200> text{};
  const ssize_t got = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
  ::close(socket);
  return got < 0 ? "nothing" : std::string(text.data(), static_cast<size_t>(got));
}

TEST_CASE("a supervisor hears which process serves, and when it stops") {
  const TempDir folder;
  const std::string ready = "MAINPID=" + std::to_string(::getpid()) + "\nREADY=1\n";
  CHECK(heard(folder.file("notify"), tell_supervisor_ready) == ready);
  CHECK(heard("@chatgate-test-" + std::to_string(::getpid()), tell_supervisor_ready) == ready);
  CHECK(heard(folder.file("notify2"), tell_supervisor_stopping) == "STOPPING=1\n");
}

TEST_CASE("without a supervisor that listens nothing happens") {
  tell_supervisor_ready();
  for (const std::string& name : {std::string("/nowhere/notify"), std::string(300, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    tell_supervisor_ready();
    ::unsetenv("NOTIFY_SOCKET");
  }
}

}  // namespace
}  // namespace chatgate
