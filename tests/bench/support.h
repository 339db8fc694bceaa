// What every bench program needs: a clock, a way to give up, the limit on open files, and
// loopback sockets. Plain libc; nothing here is safe or meant for use by several threads.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace bench {

constexpr int64_t kNanosPerMicro = 1'000;
constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

// Ends the program: a benchmark that cannot measure must say so, not print a number.
[[noreturn]] inline void give_up(const std::string& reason) {
  std::fprintf(stderr, "bench: %s\n", reason.c_str());
  std::exit(2);  // NOLINT(concurrency-mt-unsafe): there is one thread.
}

inline std::string describe_errno() { return strerrordesc_np(errno); }

[[noreturn]] inline void give_up_with_errno(const std::string& what) {
  give_up(what + ": " + describe_errno());
}

inline int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * kNanosPerSecond + time.tv_nsec;
}

// For epoll_wait: rounded up, because waking before the time only means waiting again.
inline int milliseconds_until(int64_t at_ns, int64_t now) {
  if (at_ns <= now) return 0;
  return static_cast<int>((at_ns - now + kNanosPerMilli - 1) / kNanosPerMilli);
}

// Thousands of streams need a descriptor each; the soft limit is often 1,024.
inline void raise_open_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

inline sockaddr_in loopback_address(uint32_t last_byte, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl((127U << 24) + last_byte);
  return address;
}

inline const sockaddr* as_sockaddr(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

inline void send_without_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Port 0 takes a free one.
inline int listen_on_loopback(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up_with_errno("cannot make a socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback_address(1, port);
  if (bind(fd, as_sockaddr(address), sizeof address) != 0 || listen(fd, 4096) != 0) {
    give_up_with_errno("cannot listen on 127.0.0.1:" + std::to_string(port));
  }
  return fd;
}

inline bool can_listen_on_loopback(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback_address(1, port);
  const bool is_free = bind(fd, as_sockaddr(address), sizeof address) == 0 && listen(fd, 1) == 0;
  close(fd);
  return is_free;
}

inline uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    give_up_with_errno("cannot read a socket's address");
  }
  return ntohs(address.sin_port);
}

}  // namespace bench
