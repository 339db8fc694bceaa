// A receive is pending on every connection, idle ones too: so the end of an idle one is noticed
// when it comes, and no request is spent on finding out. What can still happen is that the server
// closes just as a request is sent; then nothing of an answer comes, and the request is sent again
// on a connection of its own, once (RFC 9112, 9.3.1, as libcurl does).

#include "server/upstream/direct/direct_client.h"

#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cassert>
#include <cerrno>
#include <unordered_map>
#include <utility>

#include "server/transport/event_loop.h"
#include "server/upstream/direct/dial.h"
#include "server/upstream/direct/resolver.h"
#include "server/upstream/direct/response_reader.h"
#include "server/upstream/direct/target.h"

namespace chatgate {
namespace {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;

constexpr size_t kInboxBytes = 8 << 10;
constexpr size_t kStreamInboxBytes = 1 << 10;  // its events are small, and there may be thousands
constexpr size_t kFurtherBytes = 16 << 10;     // received at once after a full inbox
constexpr size_t kIdleConnectionsMax = 1024;
constexpr int64_t kIdleMsMax = 118'000;  // servers and what stands between close after 2 minutes

class DirectCall;

// A connection to an upstream, in use by one call or idle.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::weak_ptr<DirectClient::Impl> client, std::string origin,
             std::unique_ptr<Socket> socket, size_t inbox_bytes);

  // Sees to it that a receive is pending.
  void receive();
  void await_writable();
  void close();
  int native() { return socket_->native_handle(); }

  const std::string& origin() const { return origin_; }
  DirectCall* call = nullptr;  // null: idle or over
  int64_t idle_since_ms = 0;

 private:
  void on_received(const boost::system::error_code& error, size_t bytes);

  std::weak_ptr<DirectClient::Impl> client_;
  std::string origin_;
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<char[]> inbox_;
  size_t inbox_bytes_;
  bool is_receiving_ = false;
};

}  // namespace

struct DirectClient::Impl : std::enable_shared_from_this<DirectClient::Impl> {
  explicit Impl(EventLoop& event_loop) : loop(event_loop), resolver(event_loop) {}
  ~Impl();

  // The one that was used last; null when there is none.
  std::shared_ptr<Connection> take_idle(const std::string& origin);
  void keep_idle(std::shared_ptr<Connection> connection);
  void forget_idle(const Connection& connection);

  EventLoop& loop;
  Resolver resolver;
  std::unordered_map<std::string, std::vector<std::shared_ptr<Connection>>> idle;
  size_t idle_count = 0;
};

namespace {

class DirectCall final : public UpstreamCall {
 public:
  DirectCall(std::shared_ptr<DirectClient::Impl> client, const UpstreamRequest& request,
             const DirectTarget& target);
  ~DirectCall() override;

  // Of the connection. Each may end this call's life.
  void take(std::string_view bytes, bool may_have_more);
  void connection_ended(const boost::system::error_code& error);
  void send_some();

 private:
  void go_on() override { connection_->receive(); }
  void write_head(const UpstreamRequest& request, const DirectTarget& target);
  void dial();
  void use(std::shared_ptr<Connection> connection);
  Result<void> take_further();
  void finish();
  void drop_connection();
  bool is_all_sent() const { return sent_bytes_ == request_head_.size() + body_.size(); }

  std::shared_ptr<DirectClient::Impl> client_;
  std::string request_head_;
  std::string_view body_;
  size_t sent_bytes_ = 0;
  std::string host_;
  uint16_t port_;
  std::string origin_;
  int64_t connect_timeout_ms_;
  size_t inbox_bytes_;
  ResponseReader reader_;
  std::shared_ptr<Dial> dial_;
  std::shared_ptr<Connection> connection_;
  bool is_reused_ = false;  // the connection has served other calls
};

// --- the connection -----------------------------------------------------------------------------

Connection::Connection(std::weak_ptr<DirectClient::Impl> client, std::string origin,
                       std::unique_ptr<Socket> socket, size_t inbox_bytes)
    : client_(std::move(client)),
      origin_(std::move(origin)),
      socket_(std::move(socket)),
      inbox_(new char[inbox_bytes]),
      inbox_bytes_(inbox_bytes) {
  boost::system::error_code ignored;
  socket_->native_non_blocking(true, ignored);
  socket_->set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_->set_option(asio::socket_base::keep_alive(true), ignored);
}

void Connection::receive() {
  if (std::exchange(is_receiving_, true)) return;
  socket_->async_receive(
      asio::buffer(inbox_.get(), inbox_bytes_),
      [self = shared_from_this()](const boost::system::error_code& error, size_t bytes) {
        self->is_receiving_ = false;
        self->on_received(error, bytes);
      });
}

void Connection::on_received(const boost::system::error_code& error, size_t bytes) {
  if (call == nullptr) {  // it was closed, or says what nobody has asked for
    if (const auto client = client_.lock()) client->forget_idle(*this);
    return close();
  }
  if (error) return call->connection_ended(error);
  call->take({inbox_.get(), bytes}, bytes == inbox_bytes_);
}

void Connection::await_writable() {
  socket_->async_wait(Socket::wait_write,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        if (!error && self->call != nullptr) self->call->send_some();
                      });
}

void Connection::close() {
  call = nullptr;
  boost::system::error_code ignored;
  socket_->close(ignored);
}

}  // namespace

// --- the idle ones ------------------------------------------------------------------------------

DirectClient::Impl::~Impl() {
  for (const auto& [origin, connections] : idle) {
    for (const auto& connection : connections) connection->close();
  }
}

std::shared_ptr<Connection> DirectClient::Impl::take_idle(const std::string& origin) {
  const auto known = idle.find(origin);
  if (known == idle.end()) return nullptr;
  auto& connections = known->second;
  while (!connections.empty()) {
    auto connection = std::move(connections.back());
    connections.pop_back();
    --idle_count;
    if (loop.coarse_now_ms() - connection->idle_since_ms < kIdleMsMax) return connection;
    connection->close();
  }
  return nullptr;
}

void DirectClient::Impl::keep_idle(std::shared_ptr<Connection> connection) {
  connection->call = nullptr;
  if (idle_count >= kIdleConnectionsMax) return connection->close();
  connection->idle_since_ms = loop.coarse_now_ms();
  connection->receive();
  ++idle_count;
  idle[connection->origin()].push_back(std::move(connection));
}

void DirectClient::Impl::forget_idle(const Connection& connection) {
  const auto known = idle.find(connection.origin());
  if (known == idle.end()) return;
  idle_count -=
      std::erase_if(known->second, [&](const auto& other) { return other.get() == &connection; });
  if (known->second.empty()) idle.erase(known);
}

DirectClient::DirectClient(EventLoop& loop) : impl_(std::make_shared<Impl>(loop)) {}
DirectClient::~DirectClient() = default;

std::unique_ptr<UpstreamCall> DirectClient::call(const UpstreamRequest& request) {
  if (!request.proxy.empty()) return nullptr;
  const auto target = parse_direct_target(request.url);
  return target ? std::make_unique<DirectCall>(impl_, request, *target) : nullptr;
}

// --- one call -----------------------------------------------------------------------------------

namespace {

DirectCall::DirectCall(std::shared_ptr<DirectClient::Impl> client, const UpstreamRequest& request,
                       const DirectTarget& target)
    : client_(std::move(client)),
      body_(request.has_body ? request.body : std::string_view()),
      host_(target.host),
      port_(target.port),
      origin_(target.authority),
      connect_timeout_ms_(request.connect_timeout_ms),
      inbox_bytes_(request.expects_stream ? kStreamInboxBytes : kInboxBytes),
      reader_(request.method == "HEAD") {
  write_head(request, target);
  if (auto connection = client_->take_idle(origin_)) {
    is_reused_ = true;
    use(std::move(connection));
  } else {
    dial();
  }
}

DirectCall::~DirectCall() {
  if (dial_) dial_->cancel();
  drop_connection();
}

void DirectCall::write_head(const UpstreamRequest& request, const DirectTarget& target) {
  size_t bytes = request.method.size() + request.url.size() + request.key.size() + 160;
  for (const auto& header : request.headers) bytes += header.size() + 2;
  auto& head = request_head_;
  head.reserve(bytes);
  head.append(request.method).append(" ");
  if (target.path.empty()) head += '/';
  head.append(target.path).append(" HTTP/1.1\r\nHost: ").append(target.authority);
  bool accepts = false;
  for (const auto& header : request.headers) {
    accepts = accepts || strncasecmp(header.c_str(), "accept:", 7) == 0;
    head.append("\r\n").append(header);
  }
  if (!accepts) head += "\r\nAccept: */*";
  if (!request.key.empty()) head.append("\r\nAuthorization: Bearer ").append(request.key);
  head += "\r\nAccept-Encoding: identity";
  if (request.has_body) {
    head.append("\r\nContent-Length: ").append(std::to_string(request.body.size()));
  }
  head += "\r\n\r\n";
}

void DirectCall::dial() {
  dial_ = std::make_shared<Dial>(
      client_->loop, port_, [this](std::unique_ptr<Socket> socket, const std::string& failure) {
        const auto ended = std::exchange(dial_, nullptr);
        if (socket) {
          is_reused_ = false;
          return use(
              std::make_shared<Connection>(client_, origin_, std::move(socket), inbox_bytes_));
        }
        fail_with(failure);
        event_.notify();
      });
  dial_->start(client_->resolver, host_, connect_timeout_ms_);
}

void DirectCall::use(std::shared_ptr<Connection> connection) {
  connection_ = std::move(connection);
  connection_->call = this;
  was_sent_ = true;  // from here on the upstream may have seen the request
  sent_bytes_ = 0;
  send_some();
  connection_->receive();
}

// An upstream may answer before it has seen all, and close: so a failure to send says nothing yet,
// what comes in tells.
void DirectCall::send_some() {
  while (!is_all_sent()) {
    std::array<iovec, 2> pieces{};
    size_t count = 0;
    size_t skipped = sent_bytes_;
    for (const std::string_view part : {std::string_view(request_head_), body_}) {
      const size_t skip = std::min(skipped, part.size());
      skipped -= skip;
      if (skip == part.size()) continue;
      pieces[count++] = {const_cast<char*>(part.data()) + skip, part.size() - skip};
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(connection_->native(), &message, MSG_NOSIGNAL);
    if (sent > 0) {
      sent_bytes_ += static_cast<size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return connection_->await_writable();
    } else if (errno != EINTR) {
      return;
    }
  }
}

void DirectCall::take(std::string_view bytes, bool may_have_more) {
  auto fed = reader_.feed(bytes, buffer_);
  if (fed && may_have_more) fed = take_further();
  if (!has_head_ && reader_.has_head()) {
    head_ = reader_.take_head();
    has_head_ = true;
  }
  if (!fed) {  // what came before the fault counts, in however many pieces it came
    fail_with(fed.error().message);
    drop_connection();
    return event_.notify();
  }
  if (reader_.is_done()) {
    finish();
  } else if (buffer_.size() >= kBufferBytes) {
    is_paused_ = true;
  } else {
    connection_->receive();
  }
  event_.notify();
}

// What waits behind a full inbox. The end of the connection is left for the next receive to tell.
Result<void> DirectCall::take_further() {
  std::array<char, kFurtherBytes> bytes;
  while (!reader_.is_done() && buffer_.size() < kBufferBytes) {
    const ssize_t got = ::recv(connection_->native(), bytes.data(), bytes.size(), 0);
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
      return fail(ErrorCode::kUpstreamBroken,
                  boost::system::error_code(errno, boost::system::system_category()).message());
    }
    if (got <= 0) break;
    const auto size = static_cast<size_t>(got);
    if (auto fed = reader_.feed({bytes.data(), size}, buffer_); !fed) return fed;
    if (size < bytes.size()) break;
  }
  return {};
}

void DirectCall::finish() {
  end();
  auto connection = std::exchange(connection_, nullptr);
  if (reader_.keeps_connection() && is_all_sent()) {
    client_->keep_idle(std::move(connection));
  } else {
    connection->close();
  }
}

void DirectCall::connection_ended(const boost::system::error_code& error) {
  const bool was_stale = is_reused_ && !reader_.has_begun();
  drop_connection();
  if (was_stale) return dial();
  const bool is_end = error == asio::error::eof;
  const auto ended =
      is_end ? reader_.end() : Result<void>(fail(ErrorCode::kUpstreamBroken, error.message()));
  ended ? end() : fail_with(ended.error().message);
  event_.notify();
}

void DirectCall::drop_connection() {
  if (const auto connection = std::exchange(connection_, nullptr)) connection->close();
}

}  // namespace

}  // namespace chatgate
