// The stream below httplib is where blocking-style code meets the event loop. Input arrives through
// one receive that is pending whenever the connection waits for anything: for the next request, for
// more of a body, or, while the upstream works, for the client's departure. So a disconnect is
// noticed at once, and no extra readiness call is spent on it. Output collects in a buffer that is
// sent when the coroutine is about to wait, so that a head and its body leave in one packet.

#include "server/transport/http_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <utility>

#include "common/clock.h"
#include "common/domain/usage_record.h"
#include "common/log/access_log.h"
#include "common/log/log.h"

namespace chatgate {
namespace {

namespace asio = boost::asio;

constexpr size_t kInputBytes = InputBuffer::kBytesMin;  // grows to the head's limit when needed
constexpr size_t kInputBytesMax = 64 << 20;
constexpr size_t kPipelinedBytesMax = 64 << 10;  // read ahead while a request is being answered
constexpr size_t kOutputBytes = 32 << 10;        // sent without waiting for the flush beyond this
constexpr size_t kOutputBytesKept = 8 << 10;
constexpr uint64_t kDiscardBytesMax = 256 << 10;  // of an unread body, to keep the connection
constexpr int64_t kDiscardMs = 5'000;
constexpr int64_t kLingerMs = 2'000;
constexpr int64_t kEndWatchMs = 500;
constexpr size_t kReceiveBytes = 64 << 10;  // one direct read of a large body

// What httplib parses; it answers other methods in a protocol of its own.
bool is_known_method(std::string_view method) {
  static constexpr std::string_view kMethods[] = {"GET",   "POST",    "PUT",  "DELETE",
                                                  "PATCH", "OPTIONS", "HEAD", "TRACE"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

// The target of a head that is broken or unfinished, by which the client's door is found.
std::string_view target_of(std::string_view head) {
  const auto line = head.substr(0, head.find_first_of("\r\n"));
  const size_t begin = std::min(line.find(' '), line.size());
  const auto rest = line.substr(std::min(begin + 1, line.size()));
  return rest.substr(0, rest.find(' '));
}

Error body_too_large(uint64_t bytes_max) {
  return {ErrorCode::kBodyTooLarge,
          "the request body exceeds the limit of " + std::to_string(bytes_max) + " bytes"};
}

}  // namespace

// --- the connection -----------------------------------------------------------------------------

void HttpConnection::serve() {
  if (host_.tls != nullptr && !begin_tls()) return;
  while (read_head()) {
    begin_body();
    if (!is_known_method(head_.method)) {
      answer_fault({ErrorCode::kMethodNotAllowed,
                    "the method " + std::string(head_.method) + " is not known here"});
      break;
    }
    request_id_ = host_.request_ids->next();
    started_ms_ = system_clock().steady_ms();
    begin_record();
    if (tls_) identify_client();
    added_headers_.clear();
    is_promised_ = false;
    const bool is_whole = host_.processor->process(*this);
    finish_request();
    const bool is_sent = is_whole && flush();
    end_record(is_sent);
    if (!is_sent) {
      cut();
      return;
    }
    if (upgrade_) return serve_upgraded();
    if (!keeps_alive() || !discard_body()) break;
    limits_ = host_.limits;
  }
  end_record(flush());
  linger();
}

bool HttpConnection::keeps_alive() const {
  return head_.keep_alive && !must_close_ && !host_.is_draining && !is_peer_closed_ &&
         (!host_.is_retiring || is_promised_) && may_discard_body();
}

bool HttpConnection::read_head() {
  size_t scanned = 0;
  int64_t deadline_ms = -1;
  head_ = {};  // its views end here; what follows may never become a head
  body_bytes_read_ = 0;
  head_bytes_.clear();
  for (;;) {
    if (!input_.unread().empty()) {
      auto verdict = judge_head(input_.unread(), limits_.head, scanned);
      if (!verdict) {
        answer_fault(verdict.error());
        return false;
      }
      if (verdict->has_value()) {
        head_ = std::move(**verdict);
        break;
      }
      if (deadline_ms < 0) deadline_ms = host_.loop->coarse_now_ms() + limits_.header_timeout_ms;
    }
    if (is_peer_closed_ || (host_.is_draining && deadline_ms < 0)) return false;
    is_idle_ = deadline_ms < 0;
    if (is_idle_) idle_since_ms_ = host_.loop->coarse_now_ms();
    const int64_t wait_ms =
        is_idle_ ? limits_.idle_timeout_ms : deadline_ms - host_.loop->coarse_now_ms();
    const auto input = wait_ms > 0 ? wait_input(wait_ms) : Input::kTimeout;
    is_idle_ = false;
    if (input == Input::kClosed) return false;
    if (input == Input::kTimeout && deadline_ms < 0) return false;
    if (input == Input::kTimeout) {
      answer_fault({ErrorCode::kRequestTimeout, "the request's head did not arrive in time"});
      return false;
    }
  }
  keep_head();
  return true;
}

// Moves the head to a buffer of its own, where its views stay valid while more arrives.
void HttpConnection::keep_head() {
  if (is_receiving_) {  // the next request came while this connection watched for its end
    head_bytes_.append(input_.unread().substr(0, head_.bytes));
    input_.consume(head_.bytes);
    size_t scanned = 0;
    head_ = judge_head(head_bytes_.unread(), limits_.head, scanned)->value();
    return;
  }
  head_bytes_.swap(input_);
  const std::string_view rest = head_bytes_.unread().substr(head_.bytes);
  input_.clear();
  if (!rest.empty()) input_.append(rest);
}

// --- bodies -------------------------------------------------------------------------------------

void HttpConnection::begin_body() {
  chunked_ = ChunkedDecoder();
  body_bytes_read_ = 0;
  body_is_faulty_ = false;
  body_is_done_ = head_.framing == BodyFraming::kNone ||
                  (head_.framing == BodyFraming::kLength && head_.content_length == 0);
  owes_continue_ = head_.expects_continue && !body_is_done_;
}

uint64_t HttpConnection::body_bytes_left() const {
  return head_.framing == BodyFraming::kLength ? head_.content_length - body_bytes_read_ : 0;
}

// An unread body can be skipped to keep the connection when it is short and surely on its way.
bool HttpConnection::may_discard_body() const {
  if (body_is_done_) return true;
  return !body_is_faulty_ && !owes_continue_ && head_.framing == BodyFraming::kLength &&
         body_bytes_left() <= kDiscardBytesMax;
}

bool HttpConnection::discard_body() {
  const int64_t deadline_ms = host_.loop->coarse_now_ms() + kDiscardMs;
  while (!body_is_done_) {
    const int64_t left_ms = deadline_ms - host_.loop->coarse_now_ms();
    if (input_.unread().empty() && (left_ms <= 0 || wait_input(left_ms) != Input::kReady)) {
      return false;
    }
    const auto take = std::min<uint64_t>(input_.unread().size(), body_bytes_left());
    input_.consume(take);
    body_bytes_read_ += take;
    body_is_done_ = body_bytes_left() == 0;
  }
  return true;
}

Result<std::string> HttpConnection::read_body(size_t spare_capacity, uint64_t bytes_max) {
  bytes_max = std::min(bytes_max, static_cast<uint64_t>(limits_.body_bytes_max));
  std::string body;
  if (head_.framing == BodyFraming::kLength && head_.content_length > bytes_max) {
    return tl::unexpected(body_too_large(bytes_max));
  }
  if (body_is_done_) {
    body.reserve(spare_capacity);
    return body;
  }
  if (std::exchange(owes_continue_, false) && input_.unread().empty()) {
    write("HTTP/1.1 100 Continue\r\n\r\n");
    flush();
    if (record_) record_->first_byte_ms = -1;  // that was none of the answer's
  }
  if (head_.framing == BodyFraming::kLength) body.reserve(head_.content_length + spare_capacity);
  auto done = head_.framing == BodyFraming::kLength ? read_sized_body(body)
                                                    : read_chunked_body(body, bytes_max);
  if (!done) {
    body_is_faulty_ = true;
    must_close_ = true;
    return tl::unexpected(done.error());
  }
  body_is_done_ = true;
  body.reserve(body.size() + spare_capacity);
  return body;
}

Result<void> HttpConnection::read_sized_body(std::string& body) {
  while (body_bytes_left() > 0) {
    auto unread = input_.unread();
    if (unread.empty() && !is_receiving_ && !is_peer_closed_) {
      // Large bodies are received straight into their string.
      const size_t have = body.size();
      body.resize(have + std::min<uint64_t>(body_bytes_left(), kReceiveBytes));
      const size_t got = receive_now(body.data() + have, body.size() - have).bytes;
      body.resize(have + got);
      if (got > 0) {
        body_bytes_read_ += got;
        continue;
      }
    }
    if (unread.empty()) {
      if (auto ready = await_body_bytes(); !ready) return ready;
      unread = input_.unread();
    }
    const auto take = std::min<uint64_t>(unread.size(), body_bytes_left());
    body.append(unread.data(), take);
    input_.consume(take);
    body_bytes_read_ += take;
  }
  return {};
}

Result<void> HttpConnection::read_chunked_body(std::string& body, uint64_t bytes_max) {
  while (!chunked_.is_done()) {
    if (input_.unread().empty()) {
      if (auto ready = await_body_bytes(); !ready) return ready;
    }
    auto taken = chunked_.feed(input_.unread(), body);
    if (!taken) return tl::unexpected(taken.error());
    input_.consume(*taken);
    body_bytes_read_ += *taken;
    if (body.size() > bytes_max) return tl::unexpected(body_too_large(bytes_max));
  }
  return {};
}

Result<void> HttpConnection::await_body_bytes() {
  switch (wait_input(limits_.body_timeout_ms)) {
    case Input::kReady:
      return {};
    case Input::kTimeout:
      return fail(ErrorCode::kRequestTimeout, "the request's body did not arrive in time");
    case Input::kClosed:
      break;
  }
  return fail(ErrorCode::kInvalidRequest, "the connection ended before the request's body did");
}

// --- input and output ---------------------------------------------------------------------------

HttpConnection::Input HttpConnection::wait_input(int64_t timeout_ms) {
  flush();
  const size_t unread_before = input_.unread().size();
  while (input_.unread().size() == unread_before) {
    if (is_peer_closed_) return Input::kClosed;
    start_receive(unread_before > 0 ? kInputBytes : 1);
    if (!input_event_.wait(timeout_ms)) return Input::kTimeout;
  }
  return Input::kReady;
}

void HttpConnection::start_receive(size_t bytes_min) {
  if (is_receiving_ || is_peer_closed_) return;
  if (input_.unread().size() >= kInputBytesMax) return;
  input_.reserve(std::max<size_t>(bytes_min, 512));
  is_receiving_ = true;
  if (tls_) return start_tls_receive();
  socket_.async_receive(
      asio::buffer(input_.free_space(), input_.free_bytes()),
      [self = shared_from_this()](const boost::system::error_code& error, size_t bytes) {
        self->on_received(static_cast<bool>(error), bytes);
      });
}

void HttpConnection::on_received(bool failed, size_t bytes) {
  is_receiving_ = false;
  if (failed || bytes == 0) {
    is_peer_closed_ = true;
    tell_gone();
  } else {
    input_.commit(bytes);
    if (listener_ != nullptr) listener_->on_input();
    if (on_gone_) watch_for_end();
  }
  input_event_.notify();
}

Transfer HttpConnection::receive_now(char* bytes, size_t size) {
  if (tls_) return receive_tls_now(bytes, size);
  const ssize_t got = ::recv(socket(), bytes, size, 0);
  return {static_cast<size_t>(std::max<ssize_t>(got, 0)), Need::kReadable};
}

Transfer HttpConnection::send_now(std::string_view bytes) {
  if (tls_) return send_tls_now(bytes);
  const ssize_t sent = ::send(socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return {static_cast<size_t>(sent), Need::kNothing};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, Need::kWritable};
  return {0, errno == EINTR ? Need::kNothing : Need::kOver};
}

void HttpConnection::tell_gone() {
  if (auto callback = std::exchange(on_gone_, nullptr)) callback();
}

// While a request is being answered the next ones may come. With so many of them unread that no
// more are received, only the socket itself tells of its end.
void HttpConnection::watch_for_end() {
  if (input_.unread().size() < kPipelinedBytesMax) return start_receive(kInputBytes);
  if (!end_watch_) end_watch_ = std::make_unique<Timer>(*host_.loop);
  end_watch_->set(kEndWatchMs, [this] {
    if (!on_gone_) return;
    pollfd watched{socket(), POLLRDHUP, 0};
    if (::poll(&watched, 1, 0) <= 0) return watch_for_end();
    const auto alive = shared_from_this();
    tell_gone();
  });
}

void HttpConnection::on_client_gone(std::function<void()> callback) {
  if (is_peer_closed_ || is_broken_) {
    callback();
    return;
  }
  on_gone_ = std::move(callback);
  if (input_.unread().size() < kPipelinedBytesMax) {
    start_receive(kInputBytes / 2);
  } else {
    watch_for_end();
  }
}

bool HttpConnection::write(std::string_view bytes) {
  if (is_broken_) return false;
  output_.append(bytes);
  return output_.size() < kOutputBytes || flush();
}

bool HttpConnection::flush() {
  size_t sent_total = 0;
  while (!is_broken_ && sent_total < output_.size()) {
    const auto sent = send_now(std::string_view(output_).substr(sent_total));
    if (sent.bytes > 0) {
      sent_total += sent.bytes;
      if (record_) note_sent(sent.bytes);
    } else if (sent.need == Need::kOver || !wait_to_send(sent.need)) {
      is_broken_ = true;
    }
  }
  output_.clear();
  if (output_.capacity() > kOutputBytesKept) output_.shrink_to_fit();
  return !is_broken_;
}

bool HttpConnection::wait_to_send(Need need) {
  if (need == Need::kNothing) return true;  // interrupted by a signal
  if (wait_socket(need, limits_.write_timeout_ms)) return socket_.is_open();
  log::info("client_takes_nothing", {{"client_ip", std::string_view(client_ip_)}});
  return false;
}

bool HttpConnection::wait_socket(Need need, int64_t timeout_ms) {
  socket_.async_wait(need == Need::kWritable ? asio::ip::tcp::socket::wait_write
                                             : asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code&) {
                       self->socket_event_.notify();
                     });
  return socket_event_.wait(timeout_ms);
}

// --- the access log -----------------------------------------------------------------------------

void HttpConnection::begin_record() {
  meter_.begin(host_.is_counted ? &host_.loop->metrics() : nullptr);
  if (host_.access_log == nullptr) return;
  record_ = host_.access_log->begin(request_id_);
  if (!record_) return;
  record_->client = client_ip_;
  record_->method = head_.method.substr(0, AccessRecord::kTextBytesMax);
  const bool has_head = head_.bytes > 0;
  record_->bytes_in = static_cast<int64_t>(has_head ? head_.bytes : input_.unread().size());
}

void HttpConnection::note_sent(size_t bytes) {
  record_->bytes_out += static_cast<int64_t>(bytes);
  if (record_->first_byte_ms < 0) {
    record_->first_byte_ms = system_clock().steady_ms() - started_ms_;
  }
}

// The pipeline has said already what the books say; of all else the exchange itself tells.
void HttpConnection::end_record(bool is_whole) {
  meter_.end();
  if (!record_) return;
  auto& record = *record_;
  record.bytes_in += static_cast<int64_t>(body_bytes_read_);
  record.duration_ms = system_clock().steady_ms() - started_ms_;
  if (record.outcome.empty()) {
    const bool has_left = !is_whole || (body_is_faulty_ && is_peer_closed_);
    record.outcome = has_left               ? "aborted"
                     : record.status >= 500 ? "failed"
                     : record.status >= 400 ? "refused"
                                            : "completed";
  }
  record_.reset();
}

// --- the end ------------------------------------------------------------------------------------

FaultAnswer make_fault_answer(const HttpDialect& dialect, RequestId id, const Error& error,
                              std::string_view target) {
  const auto rendered = dialect.render_error(error, target);
  std::string bytes = "HTTP/1.1 " + std::to_string(rendered.status) + ' ' +
                      status_text(rendered.status) + "\r\nConnection: close\r\n";
  for (const auto& [name, value] : rendered.headers) bytes += name + ": " + value + "\r\n";
  for (const auto& [name, value] : dialect.own_headers(id, -1))
    bytes += name + ": " + value + "\r\n";
  bytes += "Content-Length: " + std::to_string(rendered.body.size()) + "\r\n\r\n";
  bytes += rendered.body;
  return {rendered.status, std::move(bytes)};
}

HeaderList HttpConnection::own_headers() const {
  HeaderList headers =
      host_.dialect->own_headers(request_id_, system_clock().steady_ms() - started_ms_);
  headers.insert(headers.end(), added_headers_.begin(), added_headers_.end());
  return headers;
}

void HttpConnection::answer_fault(const Error& error) {
  must_close_ = true;
  const auto id = host_.request_ids->next();
  const auto target = head_.target.empty() ? target_of(input_.unread()) : head_.target;
  const auto answer = make_fault_answer(*host_.dialect, id, error, target);
  request_id_ = id;
  started_ms_ = system_clock().steady_ms();
  begin_record();
  note_status(answer.status);
  if (host_.is_counted) host_.loop->metrics().count_refusal({}, error.code);
  if (record_) record_->outcome = "refused";
  write(answer.bytes);
  log::info("request_malformed", {{"request", std::string_view(format_request_id(id))},
                                  {"status", answer.status},
                                  {"client_ip", std::string_view(client_ip_)},
                                  {"reason", std::string_view(error.message)}});
}

// Closing while bytes are unread would reset the connection, and the reset can overtake the answer.
void HttpConnection::linger() {
  if (tls_) end_tls();
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  const int64_t deadline_ms = host_.loop->coarse_now_ms() + kLingerMs;
  uint64_t discarded = 0;
  while (!is_peer_closed_ && !is_broken_ && discarded < kDiscardBytesMax * 16) {
    discarded += input_.unread().size();
    input_.consume(input_.unread().size());
    const int64_t left_ms = deadline_ms - host_.loop->coarse_now_ms();
    if (left_ms <= 0 || wait_input(left_ms) != Input::kReady) break;
  }
  cut();
}

void HttpConnection::cut() {
  is_broken_ = true;
  if (is_with_worker_) {  // which must not find another connection's socket under this number
    ::shutdown(socket(), SHUT_RDWR);
    return;
  }
  boost::system::error_code ignored;
  socket_.close(ignored);  // pending operations end with an error and wake whoever waits
  if (!is_receiving_) tell_gone();
}

namespace {

// Tells that a connection is over, once its last part is gone.
class Closing {
 public:
  explicit Closing(std::function<void()> on_closed) : on_closed_(std::move(on_closed)) {}
  ~Closing() { on_closed_(); }
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;

 private:
  std::function<void()> on_closed_;
};

}  // namespace

void serve_connection(ConnectionHost& host, int socket, bool is_ipv6, std::string client_ip,
                      std::function<void()> on_closed) {
  // Whatever goes wrong (memory runs out, say) costs this one connection.
  const auto closing = std::make_shared<Closing>(std::move(on_closed));
  std::shared_ptr<HttpConnection> connection;
  try {
    connection = std::make_shared<HttpConnection>(host, socket, is_ipv6, std::move(client_ip));
    Coroutine::spawn(*host.loop, [connection, closing] {
      Coroutine::current()->context = connection.get();
      try {
        connection->serve();
      } catch (const std::exception& error) {
        log::error("connection_failed", {{"reason", std::string_view(error.what())}});
        connection->cut();
      }
    });
  } catch (const std::exception& error) {
    log::error("connection_not_served", {{"reason", std::string_view(error.what())}});
    connection ? connection->cut() : void(::close(socket));
  }
}

namespace {

template <class Close>
void close_each(ConnectionHost& host, const Close& close) {
  const std::vector<HttpConnection*> connections(host.connections.begin(), host.connections.end());
  for (auto* connection : connections) {
    if (host.connections.count(connection) == 0) continue;
    const auto alive = connection->shared_from_this();
    close(*connection);
  }
}

}  // namespace

void close_connections(ConnectionHost& host, bool cut) {
  close_each(host, [cut](HttpConnection& connection) {
    cut ? connection.cut() : connection.close_if_idle(0);
  });
}

void close_idle_since(ConnectionHost& host, int64_t idle_ms_min) {
  close_each(host,
             [idle_ms_min](HttpConnection& connection) { connection.close_if_idle(idle_ms_min); });
}

}  // namespace chatgate
