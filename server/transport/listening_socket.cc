#include "server/transport/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <memory>

#include "common/net/address.h"

namespace chatgate {
namespace {

constexpr int kBacklog = 4096;

bool switch_on(int socket, int level, int option, int value = 1) {
  return setsockopt(socket, level, option, &value, sizeof value) == 0;
}

bool listen_at(int socket, const addrinfo& place, bool shares_port) {
  if (!switch_on(socket, SOL_SOCKET, SO_REUSEADDR)) return false;
  if (shares_port && !switch_on(socket, SOL_SOCKET, SO_REUSEPORT)) return false;
  if (place.ai_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(*place.ai_addr);
    const int is_v6_only = IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr) ? 0 : 1;
    if (!switch_on(socket, IPPROTO_IPV6, IPV6_V6ONLY, is_v6_only)) return false;
  }
  return bind(socket, place.ai_addr, place.ai_addrlen) == 0 && ::listen(socket, kBacklog) == 0;
}

std::string advice_on(int error) {
  if (error == EADDRINUSE) return "another program listens there; stop it or give another port";
  if (error == EACCES) return "ports below 1024 need a privilege; give a higher port";
  return "give another address";
}

}  // namespace

Result<int> open_listening_socket(const std::string& address, bool shares_port) {
  const auto parts = parse_host_port(address);
  if (!parts) return tl::unexpected(parts.error());
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto& host = parts->host.empty() ? "0.0.0.0" : parts->host;
  if (getaddrinfo(host.c_str(), std::to_string(parts->port).c_str(), &hints, &found) != 0) {
    return fail(ErrorCode::kInvalidArgument,
                "cannot listen on " + address + ": no such address; give one of this machine");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> places(found, freeaddrinfo);
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket >= 0 && listen_at(socket, *found, shares_port)) return socket;
  const int error = errno;
  if (socket >= 0) ::close(socket);
  return fail(ErrorCode::kSystem, "cannot listen on " + address + ": " + std::strerror(error) +
                                      "; " + advice_on(error));
}

Result<void> adopt_listening_socket(int socket) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  int listens = 0;
  socklen_t option_bytes = sizeof listens;
  const bool is_known = getsockname(socket, reinterpret_cast<sockaddr*>(&address), &bytes) == 0 &&
                        getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &option_bytes) == 0;
  if (!is_known || listens == 0 ||
      (address.ss_family != AF_INET && address.ss_family != AF_INET6)) {
    return fail(ErrorCode::kInvalidArgument,
                "the inherited socket does not listen on a TCP port: give the socket unit a "
                "ListenStream of the form address:port");
  }
  if (::fcntl(socket, F_SETFL, O_NONBLOCK) == 0) return {};
  return fail(ErrorCode::kSystem,
              std::string("cannot use the inherited socket: ") + std::strerror(errno));
}

std::string bound_address_of(int socket) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) return {};
  char text[INET6_ADDRSTRLEN] = "";
  HostPort bound;
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    bound.port = ntohs(v6.sin6_port);
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    bound.port = ntohs(v4.sin_port);
  }
  bound.host = text;
  return format_host_port(bound);
}

std::string ip_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    } else {
      inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
  }
  return text;
}

}  // namespace chatgate
