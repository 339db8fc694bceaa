// One client connection: reads heads past the framing guard, lets cpp-httplib process each request
// on a stream whose reads and writes suspend the coroutine, and keeps or closes the connection.
// Private to the transport. Everything here belongs to one event loop's thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "server/metrics/request_meter.h"
#include "server/transport/chunked_decoder.h"
#include "server/transport/coroutine.h"
#include "server/transport/http_listener.h"
#include "server/transport/input_buffer.h"
#include "server/transport/request_processor.h"
#include "server/transport/tls_channel.h"
#include "server/transport/tls_endpoint.h"
#include "server/transport/upgraded_connection.h"

namespace chatgate {

// The whole answer to what no route sees; the connection closes after it.
struct FaultAnswer {
  int status = 500;
  std::string bytes;
};
FaultAnswer make_fault_answer(const HttpDialect& dialect, RequestId id, const Error& error,
                              std::string_view target);

class HttpConnection;
// What the connections of one loop share.
struct ConnectionHost : std::enable_shared_from_this<ConnectionHost> {
  EventLoop* loop = nullptr;
  std::shared_ptr<RequestProcessor> processor;
  const HttpDialect* dialect = nullptr;
  RequestIds* request_ids = nullptr;
  AccessLog* access_log = nullptr;  // may stay null
  TlsEndpoint* tls = nullptr;       // null: connections are not encrypted
  bool is_counted = false;          // in the loop's metrics
  TransportLimits limits;
  bool is_draining = false;
  bool is_retiring = false;  // each connection's next answer is its last
  std::unordered_set<HttpConnection*> connections;
};

class HttpConnection final : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(ConnectionHost& host, int socket, bool is_ipv6, std::string client_ip)
      : host_owner_(host.shared_from_this()),
        host_(host),
        limits_(host.limits),
        socket_(host.loop->io(), is_ipv6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4(),
                socket),
        client_ip_(std::move(client_ip)) {
    host_.connections.insert(this);
  }
  ~HttpConnection() {
    end_record(false);
    host_.connections.erase(this);
  }

  void serve();
  // If it waits for a request, for so long at least.
  void close_if_idle(int64_t idle_ms_min = 0);
  void cut();

  ConnectionHost& host() { return host_; }
  const RequestHead& head() const { return head_; }
  const std::string& client_ip() const { return client_ip_; }
  // The account that the client's certificate proves; empty: none.
  const std::string& client_user() const;
  RequestId request_id() const { return request_id_; }
  const std::shared_ptr<AccessRecord>& access_record() const { return record_; }
  RequestMeter& meter() { return meter_; }
  void note_status(int status) {
    meter_.status = status;
    if (record_) record_->status = status;
  }
  // Those of the dialect, and those that were added to the running request.
  HeaderList own_headers() const;
  void add_header(std::string name, std::string value) {
    added_headers_.emplace_back(std::move(name), std::move(value));
  }
  Result<std::string> read_body(size_t spare_capacity, uint64_t bytes_max);
  void on_client_gone(std::function<void()> callback);
  void finish_request() { on_gone_ = nullptr; }
  // What takes the connection over when the answer is sent; null: nothing.
  void upgrade(std::function<void(UpgradedConnection&)> run) { upgrade_ = std::move(run); }
  bool flush();
  bool keeps_alive() const;
  // The answer's head says whether the connection stays; that holds, should this process retire
  // before the answer's end, because the client may have sent its next request by then.
  bool promise_to_stay() { return is_promised_ = keeps_alive(); }
  void close_after_answer() { must_close_ = true; }

  // Bytes may wait for the next flush. False when nothing can be sent any more.
  bool write(std::string_view bytes);
  bool is_broken() const { return is_broken_; }
  int socket() { return socket_.native_handle(); }

 private:
  enum class Input : uint8_t { kReady, kTimeout, kClosed };

  bool read_head();
  void keep_head();
  void begin_body();
  uint64_t body_bytes_left() const;
  bool may_discard_body() const;
  bool discard_body();
  Result<void> read_sized_body(std::string& body);
  Result<void> read_chunked_body(std::string& body, uint64_t bytes_max);
  Result<void> await_body_bytes();
  Input wait_input(int64_t timeout_ms);
  void start_receive(size_t bytes_min);
  void on_received(bool failed, size_t bytes);
  Transfer receive_now(char* bytes, size_t size);
  Transfer send_now(std::string_view bytes);
  bool wait_to_send(Need need);
  bool wait_socket(Need need, int64_t timeout_ms);
  void tell_gone();
  void watch_for_end();
  void begin_record();
  void end_record(bool is_whole);
  void note_sent(size_t bytes);
  void answer_fault(const Error& error);
  void linger();

  // Of an encrypted connection; http_connection_tls.cc.
  bool begin_tls();
  bool await_client_hello(int64_t deadline_ms);
  bool shake_hands(int64_t deadline_ms);
  void refuse_handshake(std::string_view reason, bool is_told = false);
  void start_tls_receive();
  void await_tls_input(Need need);
  void receive_tls();
  Transfer receive_tls_now(char* bytes, size_t size);
  Transfer send_tls_now(std::string_view bytes);
  void end_tls();
  void identify_client();

  // After an upgrade; http_upgrade.cc.
  class Upgraded;
  void serve_upgraded();

  // A last handler may be freed with its loop, after the listener has gone.
  std::shared_ptr<ConnectionHost> host_owner_;
  ConnectionHost& host_;
  TransportLimits limits_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<TlsChannel> tls_;  // null: not encrypted
  std::string client_ip_;

  InputBuffer input_;
  InputBuffer head_bytes_;  // what head_'s views point into
  RequestHead head_;
  RequestId request_id_;
  int64_t started_ms_ = 0;  // when the request's head was here, by the steady clock
  RequestMeter meter_;
  std::shared_ptr<AccessRecord> record_;  // of the request under way; null without an access log
  HeaderList added_headers_;
  std::string output_;
  Event input_event_;
  Event socket_event_;
  std::function<void()> on_gone_;
  std::unique_ptr<Timer> end_watch_;  // while too much is unread to receive more
  std::function<void(UpgradedConnection&)> upgrade_;
  UpgradedConnection::Listener* listener_ = nullptr;  // the protocol after an upgrade

  ChunkedDecoder chunked_;
  uint64_t body_bytes_read_ = 0;
  bool body_is_done_ = true;
  bool body_is_faulty_ = false;
  bool owes_continue_ = false;

  bool is_receiving_ = false;
  bool is_peer_closed_ = false;
  bool is_broken_ = false;  // nothing can be sent any more
  bool is_idle_ = false;    // waits for a request of which no byte has come, or for a handshake
  bool is_with_worker_ = false;  // the socket is in use on another thread
  int64_t idle_since_ms_ = 0;
  bool is_promised_ = false;
  bool must_close_ = false;
};

// Takes over the connected, non-blocking socket and serves it in a coroutine of its own.
// `on_closed` is called when it is over. REQUIRES: on the host's loop.
void serve_connection(ConnectionHost& host, int socket, bool is_ipv6, std::string client_ip,
                      std::function<void()> on_closed);

// Closes those that wait for a request; with `cut`, all of them.
void close_connections(ConnectionHost& host, bool cut);
// Closes those that have waited for so long.
void close_idle_since(ConnectionHost& host, int64_t idle_ms_min);

}  // namespace chatgate
