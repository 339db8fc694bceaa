// The stream below httplib is where blocking-style code meets the event loop. Input arrives through
// one receive that is pending whenever the connection waits for anything: for the next request, for
// more of a body, or, while the upstream works, for the client's departure. So a disconnect is
// noticed at once, and no extra readiness call is spent on it. Output collects in a buffer that is
// sent when the coroutine is about to wait, so that a head and its body leave in one packet.

#include "server/transport/http_connection.h"

#define CPPHTTPLIB_REQUEST_URI_MAX_LENGTH 1048576  // the framing guard holds the configured limit
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <httplib.h>
#include <sys/socket.h>
#include <utility>

#include "common/log/log.h"
#include "server/transport/chunked_decoder.h"
#include "server/transport/coroutine.h"

namespace chatgate {
namespace {

namespace asio = boost::asio;

constexpr size_t kInputBytes = 2048;            // grows to the head's limit when needed
constexpr size_t kInputBytesMax = 1 << 20;
constexpr size_t kPipelinedBytesMax = 64 << 10; // read ahead while a request is being answered
constexpr size_t kOutputBytes = 32 << 10;       // sent without waiting for the flush beyond this
constexpr size_t kOutputBytesKept = 8 << 10;
constexpr uint64_t kDiscardBytesMax = 256 << 10; // of an unread body, to keep the connection
constexpr int64_t kLingerMs = 2'000;
constexpr size_t kReceiveBytes = 64 << 10;      // one direct read of a large body

// What httplib parses; it answers other methods in a protocol of its own.
bool is_known_method(std::string_view method) {
  static constexpr std::string_view kMethods[] = {"GET",   "POST",    "PUT",   "DELETE",
                                                  "PATCH", "OPTIONS", "HEAD",  "TRACE"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

// Bytes received and not yet consumed. Not a std::string: it must neither move nor clear its
// memory while a receive is pending.
class InputBuffer {
 public:
  std::string_view unread() const { return {data_.get() + begin_, end_ - begin_}; }
  void consume(size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // At least `bytes` of free space behind the unread bytes. REQUIRES: no receive is pending.
  void reserve(size_t bytes) {
    if (capacity_ - end_ >= bytes) return;
    const size_t unread_bytes = end_ - begin_;
    const size_t capacity = std::max({kInputBytes, capacity_, unread_bytes + bytes});
    if (capacity == capacity_) {
      std::memmove(data_.get(), data_.get() + begin_, unread_bytes);
    } else {
      std::unique_ptr<char[]> data(new char[capacity]);
      if (unread_bytes > 0) std::memcpy(data.get(), data_.get() + begin_, unread_bytes);
      data_ = std::move(data);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = unread_bytes;
  }
  char* free_space() { return data_.get() + end_; }
  size_t free_bytes() const { return capacity_ - end_; }
  void commit(size_t bytes) { end_ += bytes; }
  void append(std::string_view bytes) {
    reserve(bytes.size());
    std::memcpy(free_space(), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  void swap(InputBuffer& other) {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
  }
  void clear() { begin_ = end_ = 0; }

 private:
  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace

class RequestProcessor : public httplib::Server {
 public:
  explicit RequestProcessor(HttpHandler handler);
  // Whether the connection can go on after this request.
  bool process(HttpConnection& connection);

 private:
  static void set_connection_headers(const httplib::Request& request,
                                     httplib::Response& response);
  HttpHandler handler_;
};

class HttpConnection final : public httplib::Stream,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(ConnectionHost& host, int socket, bool is_ipv6, std::string client_ip)
      : host_(host),
        limits_(host.limits),
        socket_(host.loop->io(), is_ipv6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), socket),
        client_ip_(std::move(client_ip)) {
    host_.connections.insert(this);
  }
  ~HttpConnection() override { host_.connections.erase(this); }

  void serve();
  void close_if_idle() {
    if (is_idle_) cut();
  }
  void cut();

  ConnectionHost& host() { return host_; }
  const RequestHead& head() const { return head_; }
  const std::string& client_ip() const { return client_ip_; }
  Result<std::string> read_body(size_t spare_capacity);
  void on_client_gone(std::function<void()> callback);
  void finish_request() { on_gone_ = nullptr; }
  bool flush();
  bool keeps_alive() const;
  void close_after_answer() { must_close_ = true; }

  // httplib::Stream. It reads what synthesize_head() prepared and nothing else.
  bool is_readable() const override { return httplib_input_pos_ < httplib_input_.size(); }
  bool wait_readable() const override { return true; }
  bool wait_writable() const override { return !is_broken_; }
  bool is_peer_alive() const override { return !is_broken_; }
  ssize_t read(char* bytes, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = client_ip_;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override {
    return const_cast<asio::ip::tcp::socket&>(socket_).native_handle();
  }
  time_t duration() const override { return 0; }

 private:
  enum class Input : uint8_t { kReady, kTimeout, kClosed };

  bool read_head();
  void synthesize_head();
  void begin_body();
  uint64_t body_bytes_left() const;
  bool may_discard_body() const;
  bool discard_body();
  Result<void> read_sized_body(std::string& body);
  Result<void> read_chunked_body(std::string& body);
  Result<void> await_body_bytes();
  Input wait_input(int64_t timeout_ms);
  void start_receive(size_t bytes_min);
  void on_received(bool failed, size_t bytes);
  bool wait_writable_socket();
  void answer_fault(const Error& error);
  void linger();

  ConnectionHost& host_;
  TransportLimits limits_;
  asio::ip::tcp::socket socket_;
  std::string client_ip_;

  InputBuffer input_;
  InputBuffer head_bytes_;  // what head_'s views point into
  RequestHead head_;
  std::string httplib_input_;
  size_t httplib_input_pos_ = 0;
  std::string output_;
  Event input_event_;
  Event write_event_;
  std::function<void()> on_gone_;

  ChunkedDecoder chunked_;
  uint64_t body_bytes_read_ = 0;
  bool body_is_done_ = true;
  bool body_is_faulty_ = false;
  bool owes_continue_ = false;

  bool is_receiving_ = false;
  bool is_peer_closed_ = false;
  bool is_broken_ = false;   // nothing can be sent any more
  bool is_idle_ = false;     // waits for a request of which no byte has come
  bool must_close_ = false;
};

namespace {

class ResponseSink final : public BodySink {
 public:
  ResponseSink(HttpConnection& connection, httplib::DataSink& sink)
      : connection_(connection), sink_(sink) {}
  bool write(std::string_view bytes) override {
    return bytes.empty() || sink_.write(bytes.data(), bytes.size());
  }
  bool flush() override { return connection_.flush(); }

 private:
  HttpConnection& connection_;
  httplib::DataSink& sink_;
};

class ConnectionExchange final : public HttpExchange {
 public:
  ConnectionExchange(HttpConnection& connection, const httplib::Request& request,
                     httplib::Response& response)
      : connection_(connection), request_(request), response_(response) {}

  EventLoop& loop() override { return *connection_.host().loop; }
  const RequestHead& head() const override { return connection_.head(); }
  std::string_view path() const override { return request_.path; }
  std::string_view query() const override {
    const std::string_view target = request_.target;
    const size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  }
  const std::string& client_ip() const override { return connection_.client_ip(); }
  Result<std::string> read_body(size_t spare_capacity) override {
    return connection_.read_body(spare_capacity);
  }
  void on_client_gone(std::function<void()> callback) override {
    connection_.on_client_gone(std::move(callback));
  }
  void answer(int status, HeaderList headers, std::string body) override {
    response_.status = status;
    set_headers(std::move(headers));
    response_.body = std::move(body);
  }
  void stream(int status, HeaderList headers, int64_t content_length,
              std::function<bool(BodySink&)> produce) override;

 private:
  void set_headers(HeaderList headers) {
    for (auto& [name, value] : headers) response_.set_header(name, value);
  }

  HttpConnection& connection_;
  const httplib::Request& request_;
  httplib::Response& response_;
};

// Exceptions end in a cut connection here: the head is on its way already.
bool produce_whole(HttpConnection& connection, httplib::DataSink& data_sink,
                   const std::function<bool(BodySink&)>& produce) {
  try {
    ResponseSink sink(connection, data_sink);
    return produce(sink);
  } catch (const std::exception& error) {
    log::error("answer_broken_off", {{"reason", std::string_view(error.what())}});
    return false;
  }
}

void ConnectionExchange::stream(int status, HeaderList headers, int64_t content_length,
                                std::function<bool(BodySink&)> produce) {
  response_.status = status;
  std::string content_type = "application/octet-stream";
  std::erase_if(headers, [&](auto& header) {
    if (header.first != "content-type") return false;
    content_type = std::move(header.second);
    return true;
  });
  set_headers(std::move(headers));
  auto run = [this_connection = &connection_, produce = std::move(produce)](
                 httplib::DataSink& sink) {
    return produce_whole(*this_connection, sink, produce);
  };
  if (content_length > 0) {
    response_.set_content_provider(
        static_cast<size_t>(content_length), content_type,
        [run](size_t, size_t, httplib::DataSink& sink) { return run(sink); });
  } else if (connection_.head().minor_version >= 1) {
    response_.set_chunked_content_provider(content_type,
                                           [run](size_t, httplib::DataSink& sink) {
                                             if (!run(sink)) return false;
                                             sink.done();
                                             return true;
                                           });
  } else {  // HTTP/1.0 knows no chunks: the end of the connection ends the body
    connection_.close_after_answer();
    response_.set_content_provider(content_type, [run](size_t, httplib::DataSink& sink) {
      if (!run(sink)) return false;
      sink.done();
      return true;
    });
  }
}

}  // namespace

// --- request processing -------------------------------------------------------------------------

std::shared_ptr<RequestProcessor> make_request_processor(HttpHandler handler) {
  return std::make_shared<RequestProcessor>(std::move(handler));
}

RequestProcessor::RequestProcessor(HttpHandler handler) : handler_(std::move(handler)) {
  svr_sock_ = 0;  // anything valid: otherwise chunked answers believe that the server is stopping
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    auto& connection = *static_cast<HttpConnection*>(Coroutine::current()->context);
    ConnectionExchange exchange(connection, request, response);
    handler_(exchange);
    return HandlerResponse::Handled;
  });
  set_exception_handler([](const httplib::Request&, httplib::Response& response,
                           std::exception_ptr thrown) {
    std::string reason = "unknown exception";
    try {
      std::rethrow_exception(std::move(thrown));
    } catch (const std::exception& error) {
      reason = error.what();
    } catch (...) {
    }
    log::error("request_failed_inside", {{"reason", std::string_view(reason)}});
    auto& connection = *static_cast<HttpConnection*>(Coroutine::current()->context);
    auto rendered = connection.host().render_error({ErrorCode::kInternal, "internal error"});
    response.headers.clear();
    response.status = rendered.status;
    for (auto& [name, value] : rendered.headers) response.set_header(name, value);
    response.body = std::move(rendered.body);
  });
  set_post_routing_handler(&RequestProcessor::set_connection_headers);
}

// httplib closes after every error and advertises its own keep-alive limits; here the framing and
// the limits of the connection decide.
void RequestProcessor::set_connection_headers(const httplib::Request& request,
                                              httplib::Response& response) {
  auto& connection = *static_cast<HttpConnection*>(Coroutine::current()->context);
  response.headers.erase("Keep-Alive");
  response.headers.erase("Connection");
  if (request.method == "HEAD") response.headers.erase("Accept-Ranges");
  if (!connection.keeps_alive()) {
    response.set_header("Connection", "close");
  } else if (connection.head().minor_version == 0) {
    response.set_header("Connection", "keep-alive");
  }
}

bool RequestProcessor::process(HttpConnection& connection) {
  bool connection_closed = false;
  // The transport reads bodies itself, so httplib must not look for one.
  return process_request(connection, connection.client_ip(), 0, {}, 0, false, connection_closed,
                         [](httplib::Request& request) { request.body_consumed_ = true; });
}

// --- the connection -----------------------------------------------------------------------------

void HttpConnection::serve() {
  while (read_head()) {
    begin_body();
    if (!is_known_method(head_.method)) {
      answer_fault({ErrorCode::kMethodNotAllowed,
                    "the method " + std::string(head_.method) + " is not known here"});
      break;
    }
    synthesize_head();
    const bool is_whole = host_.processor->process(*this);
    finish_request();
    if (!is_whole || !flush()) {
      cut();
      return;
    }
    if (!keeps_alive() || !discard_body()) break;
    limits_ = host_.limits;
  }
  flush();
  linger();
}

bool HttpConnection::keeps_alive() const {
  return head_.keep_alive && !must_close_ && !host_.is_draining && !is_peer_closed_ &&
         may_discard_body();
}

bool HttpConnection::read_head() {
  size_t scanned = 0;
  int64_t deadline_ms = -1;
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
    const int64_t wait_ms = is_idle_ ? limits_.idle_timeout_ms
                                     : deadline_ms - host_.loop->coarse_now_ms();
    const auto input = wait_ms > 0 ? wait_input(wait_ms) : Input::kTimeout;
    is_idle_ = false;
    if (input == Input::kClosed) return false;
    if (input == Input::kTimeout && deadline_ms < 0) return false;
    if (input == Input::kTimeout) {
      answer_fault({ErrorCode::kRequestTimeout, "the request's head did not arrive in time"});
      return false;
    }
  }
  // The views stay with their bytes; what lies behind the head moves to the input's other buffer.
  head_bytes_.swap(input_);
  const std::string_view rest = head_bytes_.unread().substr(head_.bytes);
  input_.clear();
  if (!rest.empty()) input_.append(rest);
  return true;
}

// httplib is given only what it needs to parse a request and to route it: the framing has been
// judged, bodies, ranges and expectations are the transport's own business.
void HttpConnection::synthesize_head() {
  httplib_input_.assign(head_.method);
  httplib_input_ += ' ';
  httplib_input_ += head_.origin_form();
  httplib_input_ += head_.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  httplib_input_ += "\r\n";
  httplib_input_pos_ = 0;
}

ssize_t HttpConnection::read(char* bytes, size_t size) {
  const size_t count = std::min(size, httplib_input_.size() - httplib_input_pos_);
  std::memcpy(bytes, httplib_input_.data() + httplib_input_pos_, count);
  httplib_input_pos_ += count;
  return static_cast<ssize_t>(count);
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
  while (!body_is_done_) {
    if (input_.unread().empty() && wait_input(limits_.body_timeout_ms) != Input::kReady) {
      return false;
    }
    const auto take = std::min<uint64_t>(input_.unread().size(), body_bytes_left());
    input_.consume(take);
    body_bytes_read_ += take;
    body_is_done_ = body_bytes_left() == 0;
  }
  return true;
}

Result<std::string> HttpConnection::read_body(size_t spare_capacity) {
  const auto bytes_max = static_cast<uint64_t>(limits_.body_bytes_max);
  std::string body;
  if (head_.framing == BodyFraming::kLength && head_.content_length > bytes_max) {
    return fail(ErrorCode::kBodyTooLarge, "the request body exceeds the limit of " +
                                              std::to_string(bytes_max) + " bytes");
  }
  if (body_is_done_) {
    body.reserve(spare_capacity);
    return body;
  }
  if (std::exchange(owes_continue_, false) && input_.unread().empty()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    write(kContinue.data(), kContinue.size());
    flush();
  }
  if (head_.framing == BodyFraming::kLength) body.reserve(head_.content_length + spare_capacity);
  auto done = head_.framing == BodyFraming::kLength ? read_sized_body(body)
                                                    : read_chunked_body(body);
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
      const ssize_t got = ::recv(socket(), body.data() + have, body.size() - have, 0);
      body.resize(have + static_cast<size_t>(std::max<ssize_t>(got, 0)));
      if (got > 0) {
        body_bytes_read_ += static_cast<uint64_t>(got);
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

Result<void> HttpConnection::read_chunked_body(std::string& body) {
  while (!chunked_.is_done()) {
    if (input_.unread().empty()) {
      if (auto ready = await_body_bytes(); !ready) return ready;
    }
    auto taken = chunked_.feed(input_.unread(), body);
    if (!taken) return tl::unexpected(taken.error());
    input_.consume(*taken);
    if (body.size() > static_cast<size_t>(limits_.body_bytes_max)) {
      return fail(ErrorCode::kBodyTooLarge, "the request body exceeds the limit of " +
                                                std::to_string(limits_.body_bytes_max) + " bytes");
    }
  }
  return {};
}

Result<void> HttpConnection::await_body_bytes() {
  switch (wait_input(limits_.body_timeout_ms)) {
    case Input::kReady: return {};
    case Input::kTimeout:
      return fail(ErrorCode::kRequestTimeout, "the request's body did not arrive in time");
    case Input::kClosed: break;
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
    if (auto callback = std::exchange(on_gone_, nullptr)) callback();
  } else {
    input_.commit(bytes);
    // While a request is being answered the next one may come; the watch for the end goes on.
    if (on_gone_ && input_.unread().size() < kPipelinedBytesMax) start_receive(kInputBytes);
  }
  input_event_.notify();
}

void HttpConnection::on_client_gone(std::function<void()> callback) {
  if (is_peer_closed_ || is_broken_) {
    callback();
    return;
  }
  on_gone_ = std::move(callback);
  start_receive(kInputBytes / 2);
}

ssize_t HttpConnection::write(const char* bytes, size_t size) {
  if (is_broken_) return -1;
  output_.append(bytes, size);
  if (output_.size() >= kOutputBytes && !flush()) return -1;
  return static_cast<ssize_t>(size);
}

bool HttpConnection::flush() {
  size_t sent_total = 0;
  while (!is_broken_ && sent_total < output_.size()) {
    const ssize_t sent = ::send(socket(), output_.data() + sent_total,
                                output_.size() - sent_total, MSG_NOSIGNAL);
    if (sent > 0) {
      sent_total += static_cast<size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_writable_socket()) is_broken_ = true;
    } else if (errno != EINTR) {
      is_broken_ = true;
    }
  }
  output_.clear();
  if (output_.capacity() > kOutputBytesKept) output_.shrink_to_fit();
  return !is_broken_;
}

bool HttpConnection::wait_writable_socket() {
  auto is_done = std::make_shared<bool>(false);
  socket_.async_wait(asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this(), is_done](const boost::system::error_code&) {
                       *is_done = true;
                       self->write_event_.notify();
                     });
  const bool in_time = write_event_.wait(limits_.write_timeout_ms);
  if (!in_time) log::info("client_takes_nothing", {{"client_ip", std::string_view(client_ip_)}});
  return in_time && socket_.is_open();
}

// --- the end ------------------------------------------------------------------------------------

void HttpConnection::answer_fault(const Error& error) {
  must_close_ = true;
  const auto rendered = host_.render_error(error);
  std::string answer = "HTTP/1.1 " + std::to_string(rendered.status) + ' ' +
                       httplib::status_message(rendered.status) + "\r\nConnection: close\r\n";
  for (const auto& [name, value] : rendered.headers) answer += name + ": " + value + "\r\n";
  answer += "Content-Length: " + std::to_string(rendered.body.size()) + "\r\n\r\n";
  answer += rendered.body;
  write(answer.data(), answer.size());
  log::info("request_malformed", {{"status", rendered.status},
                                  {"client_ip", std::string_view(client_ip_)},
                                  {"reason", std::string_view(error.message)}});
}

// Closing while bytes are unread would reset the connection, and the reset can overtake the answer.
void HttpConnection::linger() {
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
  boost::system::error_code ignored;
  socket_.close(ignored);  // pending operations end with an error and wake whoever waits
}

void serve_connection(ConnectionHost& host, int socket, bool is_ipv6, std::string client_ip,
                      std::function<void()> on_closed) {
  auto connection =
      std::make_shared<HttpConnection>(host, socket, is_ipv6, std::move(client_ip));
  Coroutine::spawn(*host.loop, [connection = std::move(connection),
                                on_closed = std::move(on_closed)]() mutable {
    Coroutine::current()->context = connection.get();
    connection->serve();
    connection.reset();
    on_closed();
  });
}

void close_connections(ConnectionHost& host, bool cut) {
  const std::vector<HttpConnection*> connections(host.connections.begin(), host.connections.end());
  for (auto* connection : connections) {
    if (host.connections.count(connection) == 0) continue;
    const auto alive = connection->shared_from_this();
    cut ? connection->cut() : connection->close_if_idle();
  }
}

}  // namespace chatgate
