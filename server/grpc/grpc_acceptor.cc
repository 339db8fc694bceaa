#include "server/grpc/grpc_acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/log/log.h"
#include "server/transport/listening_socket.h"

namespace chatgate {
namespace {

namespace asio = boost::asio;

constexpr int kAcceptsPerTurn = 64;
constexpr int64_t kRestMs = 200;  // when there are no descriptors

// 0: no descriptor of that number is open.
ino_t number_of(int descriptor) {
  struct stat state {};
  return fstat(descriptor, &state) == 0 ? state.st_ino : 0;
}

}  // namespace

GrpcConnections::~GrpcConnections() {
  for (const auto& connection : connections_) places_.give_back(connection.ip);
}

void GrpcConnections::add(int socket, const std::string& ip) {
  const std::lock_guard lock(mutex_);
  connections_.push_back({socket, number_of(socket), ip});
}

void GrpcConnections::forget_closed(size_t looks_max) {
  const std::lock_guard lock(mutex_);
  look_at(looks_max);
}

int64_t GrpcConnections::count() {
  const std::lock_guard lock(mutex_);
  look_at(connections_.size());
  return static_cast<int64_t>(connections_.size());
}

// By a descriptor of our own: the number may be another's before the socket is looked at.
void GrpcConnections::cut() {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    const int own = ::dup(connection.descriptor);
    if (own < 0) continue;
    if (number_of(own) == connection.number) ::shutdown(own, SHUT_RDWR);
    ::close(own);
  }
}

void GrpcConnections::look_at(size_t looks_max) {
  for (size_t looks = std::min(looks_max, connections_.size()); looks > 0; --looks) {
    if (next_look_ >= connections_.size()) next_look_ = 0;
    auto& connection = connections_[next_look_];
    if (number_of(connection.descriptor) == connection.number) {
      ++next_look_;
      continue;
    }
    places_.give_back(connection.ip);
    std::swap(connection, connections_.back());
    connections_.pop_back();
  }
}

struct GrpcAcceptor::Impl {
  explicit Impl(EventLoop& loop) : listener(loop.io()), rest(loop) {}
  asio::posix::stream_descriptor listener;
  Timer rest;
};

GrpcAcceptor::GrpcAcceptor(EventLoop& loop, ConnectionPlaces& places, Take take)
    : loop_(loop), places_(places), take_(std::move(take)), impl_(std::make_unique<Impl>(loop)) {}
GrpcAcceptor::~GrpcAcceptor() = default;

void GrpcAcceptor::start(int socket) {
  impl_->listener.assign(socket);
  loop_.post([this] { await_connections(); });
}

void GrpcAcceptor::set_limits(GrpcConnectionLimits limits) {
  loop_.post([this, limits = std::move(limits)] { limits_ = limits; });
}

int GrpcAcceptor::descriptor() const { return impl_->listener.native_handle(); }

void GrpcAcceptor::pause() {
  loop_.post([this] {
    boost::system::error_code ignored;
    is_paused_ = true;
    impl_->listener.cancel(ignored);
    impl_->rest.cancel();
  });
}

void GrpcAcceptor::resume() {
  loop_.post([this] {
    if (std::exchange(is_paused_, false)) await_connections();
  });
}

void GrpcAcceptor::take_waiting_and_stop() {
  loop_.post([this] {
    while (impl_->listener.is_open() && accept_one() == 0) {
    }
  });
  stop();
}

void GrpcAcceptor::stop() {
  loop_.post([this] {
    boost::system::error_code ignored;
    impl_->listener.close(ignored);
    impl_->rest.cancel();
  });
}

void GrpcAcceptor::await_connections() {
  if (is_paused_ || !impl_->listener.is_open()) return;
  impl_->listener.async_wait(asio::posix::stream_descriptor::wait_read,
                             [this](const boost::system::error_code& error) {
                               if (!error) accept_waiting();
                             });
}

void GrpcAcceptor::accept_waiting() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int failure = accept_one();
    if (failure == EMFILE || failure == ENFILE || failure == ENOMEM || failure == ENOBUFS) {
      log::warn("cannot_accept", {{"reason", std::string_view(std::strerror(failure))}});
      impl_->rest.set(kRestMs, [this] { await_connections(); });
      return;
    }
    if (failure == EAGAIN || failure == EWOULDBLOCK) break;
  }
  await_connections();
}

// 0, or why none was accepted. Who may not come in is only closed: there is no call yet that could
// be told why.
int GrpcAcceptor::accept_one() {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  const int socket = accept4(impl_->listener.native_handle(), reinterpret_cast<sockaddr*>(&address),
                             &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return errno;
  const std::string ip = ip_of(address);
  const auto parsed = parse_ip_address(ip.substr(0, ip.find('%')));
  const bool is_denied = parsed && limits_.denied.contains(*parsed);
  if (is_denied || !places_.take(ip, limits_.connections)) {
    ::close(socket);
    return 0;
  }
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  take_(socket, ip);
  return 0;
}

}  // namespace chatgate
