// httplib sees each request through a stream that holds only what it needs to parse and route one:
// the framing has been judged, and bodies, ranges and expectations are the transport's own
// business. What it writes goes straight to the connection.

#include "server/transport/request_processor.h"

#define CPPHTTPLIB_REQUEST_URI_MAX_LENGTH 1048576  // the framing guard holds the configured limit
#include <httplib.h>
#include <strings.h>
#include <algorithm>
#include <cstring>
#include <utility>

#include "common/log/log.h"
#include "server/transport/coroutine.h"
#include "server/transport/http_connection.h"

namespace chatgate {
namespace {

constexpr size_t kHeaderBytesExpected = 1024;
constexpr int kSwitchingProtocols = 101;
constexpr int kUpgradeRequired = 426;

class ConnectionStream final : public httplib::Stream {
 public:
  explicit ConnectionStream(HttpConnection& connection);

  bool is_readable() const override { return position_ < input_.size(); }
  bool wait_readable() const override { return true; }
  bool wait_writable() const override { return !connection_.is_broken(); }
  bool is_peer_alive() const override { return !connection_.is_broken(); }
  ssize_t read(char* bytes, size_t size) override {
    const size_t count = std::min(size, input_.size() - position_);
    std::memcpy(bytes, input_.data() + position_, count);
    position_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* bytes, size_t size) override {
    return connection_.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.client_ip();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return connection_.socket(); }
  time_t duration() const override { return 0; }

 private:
  HttpConnection& connection_;
  std::string input_;
  size_t position_ = 0;
};

ConnectionStream::ConnectionStream(HttpConnection& connection) : connection_(connection) {
  const auto& head = connection.head();
  input_.reserve(head.method.size() + head.target.size() + 16);
  input_.append(head.method).append(" ").append(head.origin_form());
  input_ += head.minor_version == 0 ? " HTTP/1.0\r\n\r\n" : " HTTP/1.1\r\n\r\n";
}

class ResponseSink final : public BodySink {
 public:
  ResponseSink(HttpConnection& connection, httplib::DataSink& sink)
      : connection_(connection), sink_(sink) {}
  bool write(std::string_view bytes) override {
    return bytes.empty() || sink_.write(bytes.data(), bytes.size());
  }
  bool flush() override { return connection_.flush(); }
  void cut() override { connection_.cut(); }

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
  RequestId id() const override { return connection_.request_id(); }
  const RequestHead& head() const override { return connection_.head(); }
  std::string_view path() const override { return request_.path; }
  std::string_view query() const override {
    const std::string_view target = request_.target;
    const size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  }
  const std::string& client_ip() const override { return connection_.client_ip(); }
  const std::string& client_user() const override { return connection_.client_user(); }
  std::shared_ptr<AccessRecord> access_record() const override {
    return connection_.access_record();
  }
  void note_door(std::string_view door) override { connection_.meter().door = door; }
  std::string_view door() const override { return connection_.meter().door; }
  Result<std::string> read_body(size_t spare_capacity, uint64_t bytes_max) override {
    return connection_.read_body(spare_capacity, bytes_max);
  }
  void on_client_gone(std::function<void()> callback) override {
    connection_.on_client_gone(std::move(callback));
  }
  void add_header(std::string name, std::string value) override {
    connection_.add_header(std::move(name), std::move(value));
  }
  void answer(int status, HeaderList headers, std::string body) override {
    response_.status = status;
    set_headers(std::move(headers));
    response_.body = std::move(body);
  }
  void stream(int status, HeaderList headers, int64_t content_length,
              std::function<bool(BodySink&)> produce) override;
  void upgrade(HeaderList headers, std::function<void(UpgradedConnection&)> run) override {
    response_.status = kSwitchingProtocols;
    set_headers(std::move(headers));
    connection_.upgrade(std::move(run));
  }

 private:
  void set_headers(HeaderList headers) {
    namespace fields = httplib::detail::fields;
    for (auto& [name, value] : headers) {
      if (!fields::is_field_name(name) || !fields::is_field_value(value)) continue;
      response_.headers.emplace(std::move(name), std::move(value));
    }
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
    if (strcasecmp(header.first.c_str(), "content-type") != 0) return false;
    content_type = std::move(header.second);
    return true;
  });
  set_headers(std::move(headers));
  // httplib would ask again for what is missing of an announced length; there is no second answer.
  auto run = [this_connection = &connection_, produce = std::move(produce),
              has_run = false](httplib::DataSink& sink) mutable {
    return !std::exchange(has_run, true) && produce_whole(*this_connection, sink, produce);
  };
  if (content_length > 0) {
    response_.set_content_provider(
        static_cast<size_t>(content_length), content_type,
        [run](size_t, size_t, httplib::DataSink& sink) mutable { return run(sink); });
  } else if (connection_.head().minor_version >= 1) {
    response_.set_chunked_content_provider(content_type,
                                           [run](size_t, httplib::DataSink& sink) mutable {
                                             if (!run(sink)) return false;
                                             sink.done();
                                             return true;
                                           });
  } else {  // HTTP/1.0 knows no chunks: the end of the connection ends the body
    connection_.close_after_answer();
    response_.set_content_provider(content_type, [run](size_t, httplib::DataSink& sink) mutable {
      if (!run(sink)) return false;
      sink.done();
      return true;
    });
  }
}

class HttplibProcessor final : public httplib::Server, public RequestProcessor {
 public:
  explicit HttplibProcessor(HttpHandler handler);
  bool process(HttpConnection& connection) override;

 private:
  static void finish_headers(const httplib::Request& request, httplib::Response& response);
  HttpHandler handler_;
};

HttplibProcessor::HttplibProcessor(HttpHandler handler) : handler_(std::move(handler)) {
  svr_sock_ = 0;  // anything valid: otherwise chunked answers believe that the server is stopping
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    auto& connection = *static_cast<HttpConnection*>(Coroutine::current()->context);
    ConnectionExchange exchange(connection, request, response);
    handler_(exchange);
    return HandlerResponse::Handled;
  });
  set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, std::exception_ptr thrown) {
        std::string reason = "unknown exception";
        try {
          std::rethrow_exception(std::move(thrown));
        } catch (const std::exception& error) {
          reason = error.what();
        } catch (...) {
        }
        log::error("request_failed_inside", {{"reason", std::string_view(reason)}});
        auto& connection = *static_cast<HttpConnection*>(Coroutine::current()->context);
        connection.upgrade(nullptr);
        auto rendered = connection.host().dialect->render_error(
            {ErrorCode::kInternal, "internal error"}, connection.head().target);
        response.headers.clear();
        response.status = rendered.status;
        for (auto& [name, value] : rendered.headers) response.set_header(name, value);
        response.body = std::move(rendered.body);
      });
  set_header_writer([](httplib::Stream& stream, httplib::Headers& headers) {
    std::string lines;
    lines.reserve(kHeaderBytesExpected);
    for (const auto& [name, value] : headers) {
      lines.append(name).append(": ").append(value).append("\r\n");
    }
    lines += "\r\n";
    return stream.write(lines.data(), lines.size());
  });
  set_post_routing_handler(&HttplibProcessor::finish_headers);
}

// What all answers have in common. httplib closes after every error and advertises its own
// keep-alive limits; here the framing and the limits of the connection decide.
void HttplibProcessor::finish_headers(const httplib::Request& request,
                                      httplib::Response& response) {
  auto& connection = *static_cast<HttpConnection*>(Coroutine::current()->context);
  connection.note_status(response.status);
  response.headers.erase("Keep-Alive");
  response.headers.erase("Connection");
  if (request.method == "HEAD") response.headers.erase("Accept-Ranges");
  if (response.status == kSwitchingProtocols) {
    response.headers.erase("Content-Length");
    response.set_header("Connection", "Upgrade");
  } else if (response.status == kUpgradeRequired) {
    response.set_header("Connection", connection.promise_to_stay() ? "Upgrade" : "Upgrade, close");
  } else if (!connection.promise_to_stay()) {
    response.set_header("Connection", "close");
  } else if (connection.head().minor_version == 0) {
    response.set_header("Connection", "keep-alive");
  }
  for (auto& [name, value] : connection.own_headers()) {
    if (response.has_header(name) && name != "Vary") continue;
    response.headers.emplace(std::move(name), std::move(value));
  }
}

bool HttplibProcessor::process(HttpConnection& connection) {
  bool connection_closed = false;
  // The transport reads bodies itself, so httplib must not look for one.
  ConnectionStream stream(connection);
  return process_request(stream, connection.client_ip(), 0, {}, 0, false, connection_closed,
                         [](httplib::Request& request) { request.body_consumed_ = true; });
}

}  // namespace

std::shared_ptr<RequestProcessor> make_request_processor(HttpHandler handler) {
  return std::make_shared<HttplibProcessor>(std::move(handler));
}

std::string status_text(int status) { return httplib::status_message(status); }

}  // namespace chatgate
