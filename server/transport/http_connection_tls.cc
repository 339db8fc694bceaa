// A connection whose bytes are encrypted. The plain connection's rules hold: one receive is pending
// whenever the connection waits for anything, so that a departure is noticed at once, and output
// leaves when the coroutine is about to wait. Only what is pending differs: not a receive into the
// buffer but a wait until the socket has something, after which all that has come is decrypted.
//
// The handshake is computed by the endpoint's workers, step by step, because a step may take a
// thousand times as long as a request's share of the loop; between the steps the coroutine waits on
// its loop like any other. All later steps are short and run on the loop's own stack.

#include <sys/socket.h>
#include <array>
#include <cerrno>
#include <functional>
#include <utility>

#include "common/log/log.h"
#include "server/transport/http_connection.h"

namespace chatgate {
namespace {

namespace asio = boost::asio;

constexpr size_t kPeekedBytes = 16;
constexpr char kHandshakeRecord = 0x16;  // RFC 8446, 5.1; nothing else begins a connection
// What those are told who do not speak TLS at all (RFC 8446, 5 and 6), and to whom OpenSSL says
// nothing: a fatal alert, unexpected_message.
constexpr std::array<char, 7> kUnexpectedMessage{0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x0a};

template <class Work>
void on_large_stack(Work&& work) {
  auto* coroutine = Coroutine::current();
  coroutine ? coroutine->run_on_loop_stack(std::ref(work)) : work();
}

// A request line begins with a method: capital letters, then a blank. No handshake begins so.
bool looks_like_http(std::string_view begin) {
  size_t letters = 0;
  while (letters < begin.size() && begin[letters] >= 'A' && begin[letters] <= 'Z') ++letters;
  return letters > 0 && (letters == begin.size() || begin[letters] == ' ');
}

// One of the handshakes that may be under way.
class HandshakePlace {
 public:
  explicit HandshakePlace(TlsEndpoint& endpoint)
      : endpoint_(endpoint), is_taken_(endpoint.begin_handshake()) {}
  ~HandshakePlace() {
    if (is_taken_) endpoint_.end_handshake();
  }
  HandshakePlace(const HandshakePlace&) = delete;
  HandshakePlace& operator=(const HandshakePlace&) = delete;
  bool is_taken() const { return is_taken_; }

 private:
  TlsEndpoint& endpoint_;
  const bool is_taken_;
};

}  // namespace

// --- the handshake ------------------------------------------------------------------------------

// False when the connection is over.
bool HttpConnection::begin_tls() {
  idle_since_ms_ = host_.loop->coarse_now_ms();
  const int64_t deadline_ms = host_.loop->coarse_now_ms() + limits_.header_timeout_ms;
  if (await_client_hello(deadline_ms) && shake_hands(deadline_ms)) return true;
  if (!is_broken_) linger();
  cut();
  return false;
}

// Looks at the first bytes without taking them. False when they are no handshake's: a request that
// is not encrypted gets its answer.
bool HttpConnection::await_client_hello(int64_t deadline_ms) {
  std::array<char, kPeekedBytes> begin;
  ssize_t bytes = -1;
  while (bytes < 0) {
    const int64_t left_ms = deadline_ms - host_.loop->coarse_now_ms();
    is_idle_ = true;
    const bool is_there = left_ms > 0 && wait_socket(Need::kReadable, left_ms);
    is_idle_ = false;
    if (!is_there || is_broken_) {
      is_broken_ = true;
      return false;
    }
    bytes = ::recv(socket(), begin.data(), begin.size(), MSG_PEEK);
    const bool has_failed = bytes < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
    if (bytes == 0 || has_failed) {
      is_broken_ = true;
      return false;
    }
  }
  if (begin[0] == kHandshakeRecord) return true;
  if (!looks_like_http({begin.data(), static_cast<size_t>(bytes)})) {
    refuse_handshake("this is no TLS");
    return false;
  }
  answer_fault({ErrorCode::kInvalidRequest,
                "this port speaks https alone; ask again with https:// in the address"});
  end_record(flush());
  return false;
}

bool HttpConnection::shake_hands(int64_t deadline_ms) {
  auto& endpoint = *host_.tls;
  const HandshakePlace place(endpoint);
  if (!place.is_taken()) {
    is_broken_ = true;
    return false;
  }
  std::unique_ptr<TlsChannel> channel;
  for (;;) {
    Need need = Need::kOver;
    is_with_worker_ = true;
    const bool has_run = endpoint.workers().run([&] {
      if (!channel) channel = std::make_unique<TlsChannel>(endpoint.context(), socket());
      need = channel->shake_hands();
    });
    is_with_worker_ = false;
    is_broken_ = is_broken_ || !has_run;
    if (is_broken_) return false;
    if (need == Need::kOver) {
      refuse_handshake(channel->failure(), channel->has_sent());
      return false;
    }
    if (need == Need::kNothing) break;
    const int64_t left_ms = deadline_ms - host_.loop->coarse_now_ms();
    is_idle_ = true;
    is_broken_ = left_ms <= 0 || !wait_socket(need, left_ms) || is_broken_;
    is_idle_ = false;
    if (is_broken_) return false;
  }
  tls_ = std::move(channel);
  return true;
}

void HttpConnection::refuse_handshake(std::string_view reason, bool is_told) {
  log::info("tls_handshake_failed",
            {{"client_ip", std::string_view(client_ip_)}, {"reason", reason}});
  if (is_told) return;
  ::send(socket(), kUnexpectedMessage.data(), kUnexpectedMessage.size(), MSG_NOSIGNAL);
}

// --- who the client is --------------------------------------------------------------------------

// For each request anew: the configuration may say something else by now.
void HttpConnection::identify_client() {
  if (const auto& certificate = tls_->certificate()) {
    tls_->client_user = host_.tls->account_of(*certificate);
  }
}

const std::string& HttpConnection::client_user() const {
  static const std::string kNobody;
  return tls_ ? tls_->client_user : kNobody;
}

// --- input and output ---------------------------------------------------------------------------

// Never at once: whoever starts a receive does not expect to be called back before it returns.
void HttpConnection::start_tls_receive() {
  if (!tls_->may_have_more()) return await_tls_input(Need::kReadable);
  host_.loop->post([self = shared_from_this()] { self->receive_tls(); });
}

void HttpConnection::await_tls_input(Need need) {
  socket_.async_wait(need == Need::kWritable ? asio::ip::tcp::socket::wait_write
                                             : asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       error ? self->on_received(true, 0) : self->receive_tls();
                     });
}

// On the loop's own stack.
void HttpConnection::receive_tls() {
  if (is_broken_) return on_received(true, 0);
  if (!tls_) {  // it was ended in order meanwhile, and what still comes is thrown away unread
    is_receiving_ = false;
    return input_event_.notify();
  }
  const auto received = tls_->read(input_.free_space(), input_.free_bytes());
  if (received.bytes > 0) return on_received(false, received.bytes);
  if (received.need == Need::kOver) return on_received(true, 0);
  await_tls_input(received.need);
}

// As much as has come, of one record after the other.
Transfer HttpConnection::receive_tls_now(char* bytes, size_t size) {
  Transfer received;
  on_large_stack([&] {
    Transfer more{1, Need::kNothing};
    while (more.bytes > 0 && received.bytes < size) {
      more = tls_->read(bytes + received.bytes, size - received.bytes);
      received = {received.bytes + more.bytes, more.need};
    }
  });
  return received;
}

Transfer HttpConnection::send_tls_now(std::string_view bytes) {
  Transfer sent;
  on_large_stack([&] { sent = tls_->write(bytes); });
  return sent;
}

// Says that nothing follows. What the peer still sends is not decrypted any more.
void HttpConnection::end_tls() {
  if (is_broken_) return;
  on_large_stack([this] { tls_->end(); });
  tls_.reset();
}

void HttpConnection::close_if_idle(int64_t idle_ms_min) {
  if (listener_ != nullptr) {
    return idle_ms_min > 0 ? listener_->on_retire(idle_ms_min) : listener_->on_drain();
  }
  if (!is_idle_ || host_.loop->coarse_now_ms() - idle_since_ms_ < idle_ms_min) return;
  if (tls_) tls_->end();
  cut();
}

}  // namespace chatgate
