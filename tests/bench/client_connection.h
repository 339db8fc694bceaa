// One client connection of the load generator: opens without blocking, sends a request, hands
// back what arrives. Registered edge-triggered once, so that a request costs one send and one
// receive and no further system call.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "message_reader.h"
#include "support.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

namespace bench {

struct Target {
  sockaddr_in address;
  std::string host;
  std::string path;
};

// Takes `http://IPV4:PORT/PATH` only: a benchmark that resolves names measures the resolver.
inline Target parse_target(const std::string& url) {
  const std::string scheme = "http://";
  const size_t path = url.find('/', scheme.size());
  const size_t colon = url.find(':', scheme.size());
  if (url.rfind(scheme, 0) != 0 || path == std::string::npos || colon >= path) {
    give_up("'" + url + "' is not of the form http://127.0.0.1:PORT/PATH");
  }
  Target target{};
  target.host = url.substr(scheme.size(), path - scheme.size());
  target.path = url.substr(path);
  target.address.sin_family = AF_INET;
  target.address.sin_port =
      htons(static_cast<uint16_t>(std::atoi(url.substr(colon + 1, path - colon - 1).c_str())));
  const std::string ip = url.substr(scheme.size(), colon - scheme.size());
  if (inet_pton(AF_INET, ip.c_str(), &target.address.sin_addr) != 1) {
    give_up("'" + ip + "' is not an IPv4 address");
  }
  return target;
}

// How many connections one source address may have to one server. A third of the ephemeral
// ports leaves room for those that rest in TIME_WAIT and for the proxy's own connections.
inline size_t connections_per_source_address() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  size_t low = 32'768;
  size_t high = 60'999;
  file >> low >> high;
  return high > low + 3 ? (high - low) / 3 : 1;
}

class ClientConnection {
 public:
  ClientConnection() = default;
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;
  ~ClientConnection() { shut(); }

  // Starts to connect; `request` goes out as soon as the connection stands. False when the
  // kernel refuses at once. `number` comes back in the epoll events.
  bool open(const Target& target, int epoll, size_t number, std::string&& request) {
    shut();
    response_.reset();
    request_ = std::move(request);
    sent_ = 0;
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return false;
    send_without_delay(fd_);
    choose_source_address(target, number);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = number;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &event) != 0) return false;
    return connect(fd_, as_sockaddr(target.address), sizeof target.address) == 0 ||
           errno == EINPROGRESS;
  }

  void shut() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  bool is_open() const { return fd_ >= 0; }

  // For the next request of a connection that stands.
  std::string& request() { return request_; }

  bool send_request() {
    response_.reset();
    sent_ = 0;
    return send_rest();
  }

  // False when the connection is lost.
  bool send_rest() {
    if (sent_ == request_.size()) return true;
    const ssize_t count = send(fd_, request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
    // ENOTCONN: the connection is still being made.
    if (count < 0) return errno == EAGAIN || errno == ENOTCONN;
    sent_ += static_cast<size_t>(count);
    return true;
  }

  // Reads what there is, up to the end of the response. False when the connection is lost.
  template <typename OnBody>
  bool receive(uint32_t events, OnBody&& on_body) {
    static std::array<char, 65'536> buffer;
    const bool has_ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    while (true) {
      const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno == EAGAIN;
      if (count == 0) {
        response_.feed_end();
        return false;
      }
      const auto size = static_cast<size_t>(count);
      has_surplus_ = response_.feed({buffer.data(), size}, on_body) < size;
      if (response_.is_complete() || response_.is_broken()) return !has_surplus_;
      // A short read emptied the socket; more bytes would be a new edge. An end would not.
      if (size < buffer.size() && !has_ended) return true;
    }
  }

  const MessageReader& response() const { return response_; }

  // One sentence for the log on why a response does not count.
  std::string describe_failure() const {
    if (has_surplus_) return "more bytes than the response may have";
    if (!response_.has_begun()) return "closed without a response";
    if (response_.is_broken()) return "the response breaks off or is badly framed";
    return "status " + std::to_string(response_.status());
  }

 private:
  void choose_source_address(const Target& target, size_t number) {
    static const size_t per_address = connections_per_source_address();
    const size_t index = number / per_address;
    if (index == 0 || (ntohl(target.address.sin_addr.s_addr) >> 24) != 127) return;
    const int on = 1;
    setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_in source = loopback_address(static_cast<uint32_t>(1 + index), 0);
    if (bind(fd_, as_sockaddr(source), sizeof source) != 0) {
      give_up_with_errno("cannot use one more source address");
    }
  }

  int fd_ = -1;
  std::string request_;
  size_t sent_ = 0;
  bool has_surplus_ = false;
  MessageReader response_{MessageReader::Kind::kResponse};
};

using ClientConnections = std::vector<std::unique_ptr<ClientConnection>>;

inline ClientConnections make_connections(size_t count) {
  ClientConnections connections;
  for (size_t i = 0; i < count; ++i) connections.push_back(std::make_unique<ClientConnection>());
  return connections;
}

}  // namespace bench
