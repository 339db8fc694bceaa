#include "server/transport/http_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/log/access_log.h"
#include "common/log/log.h"
#include "server/transport/http_connection.h"
#include "server/transport/listening_socket.h"

namespace chatgate {
namespace {

namespace asio = boost::asio;

constexpr int kAcceptsPerTurn = 64;

}  // namespace

struct HttpListener::Impl {
  Impl(const std::vector<EventLoop*>& loops, HttpHandler handler, HttpDialect http_dialect,
       RequestIds& ids, const TransportLimits& transport_limits, const SharedParts& shared)
      : limits(transport_limits),
        dialect(std::move(http_dialect)),
        request_ids(ids),
        access_log(shared.access_log),
        is_encrypted(shared.tls != nullptr),
        places(shared.places ? *shared.places : own_places),
        acceptor(loops.front()->io()),
        accept_timer(*loops.front()) {
    auto processor = make_request_processor(std::move(handler));
    for (auto* loop : loops) {
      auto& host = *hosts.emplace_back(std::make_shared<ConnectionHost>());
      host.loop = loop;
      host.processor = processor;
      host.dialect = &dialect;
      host.request_ids = &request_ids;
      host.access_log = access_log;
      host.tls = shared.tls;
      host.is_counted = access_log != nullptr;
      host.limits = limits;
    }
  }

  void start_accepting();
  void await_connections();
  void accept_waiting();
  int accept_one();
  void take(int socket, const sockaddr_storage& address);
  void release(const std::string& ip);
  void refuse(int socket, const std::string& ip);
  template <class F>
  void on_each_host(F&& f) {
    for (auto& host : hosts) {
      host->loop->post([&host = *host, f] { f(host); });
    }
  }

  TransportLimits limits;  // read and written on the accepting loop
  const HttpDialect dialect;
  RequestIds& request_ids;
  AccessLog* const access_log;  // may be null
  const bool is_encrypted;
  ConnectionPlaces own_places;
  ConnectionPlaces& places;
  std::vector<std::shared_ptr<ConnectionHost>> hosts;
  asio::ip::tcp::acceptor acceptor;
  Timer accept_timer;
  bool is_paused = false;  // on the accepting loop
  size_t next_host = 0;
  std::atomic<int64_t> connections{0};
  Counter accepted, refused;  // on the accepting loop
  std::string bound_address;
  uint16_t port = 0;
};

HttpListener::HttpListener(const std::vector<EventLoop*>& loops, HttpHandler handler,
                           HttpDialect dialect, RequestIds& request_ids,
                           const TransportLimits& limits, const SharedParts& shared)
    : impl_(std::make_unique<Impl>(loops, std::move(handler), std::move(dialect), request_ids,
                                   limits, shared)) {}
HttpListener::~HttpListener() = default;

Result<void> HttpListener::listen(const std::string& address, bool shares_port) {
  const auto socket = open_listening_socket(address, shares_port);
  return socket ? adopt(*socket) : tl::unexpected(socket.error());
}

Result<void> HttpListener::adopt(int socket) {
  if (auto adopted = adopt_listening_socket(socket); !adopted) return adopted;
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &bytes);
  boost::system::error_code error;
  const auto protocol = address.ss_family == AF_INET ? asio::ip::tcp::v4() : asio::ip::tcp::v6();
  impl_->acceptor.assign(protocol, socket, error);
  if (!error) impl_->acceptor.non_blocking(true, error);
  if (error) {
    return fail(ErrorCode::kSystem, "cannot use the inherited socket: " + error.message());
  }
  impl_->start_accepting();
  return {};
}

void HttpListener::Impl::start_accepting() {
  port = acceptor.local_endpoint().port();
  bound_address = bound_address_of(acceptor.native_handle());
  hosts.front()->loop->post([this] { await_connections(); });
}

std::string HttpListener::bound_address() const { return impl_->bound_address; }
uint16_t HttpListener::port() const { return impl_->port; }
int64_t HttpListener::open_connections() const { return impl_->connections.load(); }
int64_t HttpListener::accepted_connections() const { return impl_->accepted.value(); }
int64_t HttpListener::refused_connections() const { return impl_->refused.value(); }

void HttpListener::set_limits(const TransportLimits& limits) {
  impl_->hosts.front()->loop->post([impl = impl_.get(), limits] { impl->limits = limits; });
  impl_->on_each_host([limits](ConnectionHost& host) { host.limits = limits; });
}

int HttpListener::descriptor() const { return impl_->acceptor.native_handle(); }

void HttpListener::pause() {
  impl_->hosts.front()->loop->post([impl = impl_.get()] {
    boost::system::error_code ignored;
    impl->is_paused = true;
    impl->acceptor.cancel(ignored);
    impl->accept_timer.cancel();
  });
}

void HttpListener::resume() {
  impl_->on_each_host([](ConnectionHost& host) { host.is_retiring = false; });
  impl_->hosts.front()->loop->post([impl = impl_.get()] {
    if (std::exchange(impl->is_paused, false)) impl->await_connections();
  });
}

void HttpListener::retire() {
  impl_->on_each_host([](ConnectionHost& host) { host.is_retiring = true; });
}

void HttpListener::close_idle(int64_t idle_ms_min) {
  impl_->on_each_host([idle_ms_min](ConnectionHost& host) { close_idle_since(host, idle_ms_min); });
}

void HttpListener::stop_listening() {
  impl_->hosts.front()->loop->post([impl = impl_.get()] {
    if (!impl->acceptor.is_open()) return;
    while (impl->accept_one() == 0) {
    }
    boost::system::error_code ignored;
    impl->acceptor.close(ignored);
    impl->accept_timer.cancel();
  });
}

void HttpListener::drain() {
  impl_->hosts.front()->loop->post([impl = impl_.get()] {
    boost::system::error_code ignored;
    impl->acceptor.close(ignored);
    impl->accept_timer.cancel();
  });
  impl_->on_each_host([](ConnectionHost& host) {
    host.is_draining = true;
    close_connections(host, false);
  });
}

void HttpListener::close_all() {
  drain();
  impl_->on_each_host([](ConnectionHost& host) { close_connections(host, true); });
}

void HttpListener::Impl::await_connections() {
  if (is_paused || !acceptor.is_open()) return;
  acceptor.async_wait(asio::ip::tcp::acceptor::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (!error) accept_waiting();
                      });
}

void HttpListener::Impl::accept_waiting() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int failure = accept_one();
    if (failure == EMFILE || failure == ENFILE || failure == ENOMEM || failure == ENOBUFS) {
      log::warn("cannot_accept", {{"reason", std::string_view(std::strerror(failure))}});
      accept_timer.set(200, [this] { await_connections(); });
      return;
    }
    if (failure == EAGAIN || failure == EWOULDBLOCK) break;
  }
  await_connections();
}

// 0, or why none was accepted.
int HttpListener::Impl::accept_one() {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  const int socket = accept4(acceptor.native_handle(), reinterpret_cast<sockaddr*>(&address),
                             &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return errno;
  take(socket, address);
  return 0;
}

void HttpListener::Impl::take(int socket, const sockaddr_storage& address) {
  std::string ip = ip_of(address);
  if (!places.take(ip, limits.connections)) {
    refused.add();
    refuse(socket, ip);
    return;
  }
  ++connections;
  accepted.add();
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto& host = *hosts[next_host++ % hosts.size()];
  const bool is_ipv6 = address.ss_family == AF_INET6;
  host.loop->post([this, &host, socket, is_ipv6, ip = std::move(ip)] {
    serve_connection(host, socket, is_ipv6, ip, [this, ip] { release(ip); });
  });
}

// The count last: whoever sees that nothing is open may end what this listener shares.
void HttpListener::Impl::release(const std::string& ip) {
  places.give_back(ip);
  --connections;
}

// One send into an empty socket buffer; whoever does not take it at once is only closed, and so is
// whoever could not read it before a handshake.
void HttpListener::Impl::refuse(int socket, const std::string& ip) {
  Error error{ErrorCode::kOverloaded, "too many connections; try again later"};
  error.retry_after_ms = 1000;
  const auto id = request_ids.next();
  const auto answer = make_fault_answer(dialect, id, error, {});
  const ssize_t sent = is_encrypted ? 0
                                    : ::send(socket, answer.bytes.data(), answer.bytes.size(),
                                             MSG_NOSIGNAL | MSG_DONTWAIT);
  if (const auto record = access_log ? access_log->begin(id) : nullptr) {
    record->client = ip;
    record->status = answer.status;
    record->outcome = "refused";
    record->bytes_out = std::max<ssize_t>(sent, 0);
    record->first_byte_ms = sent > 0 ? 0 : -1;
  }
  ::shutdown(socket, SHUT_WR);
  // What the client has sent so far is read, so that closing does not reset the answer away.
  char ignored[4096];
  while (::recv(socket, ignored, sizeof ignored, MSG_DONTWAIT) > 0) {
  }
  ::close(socket);
}

}  // namespace chatgate
