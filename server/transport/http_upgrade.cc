// What becomes of a connection when a route has answered with an upgrade. The pending receive goes
// on, and tells the new protocol instead of a coroutine that waits; output may come from callbacks
// while the coroutine waits for something else, so a coroutine of its own carries it out then.

#include <exception>
#include <utility>

#include "common/log/log.h"
#include "server/transport/http_connection.h"
#include "server/transport/upgraded_connection.h"

namespace chatgate {
namespace {

constexpr size_t kInputBytesKept = 8 << 10;

}  // namespace

class HttpConnection::Upgraded final : public UpgradedConnection {
 public:
  explicit Upgraded(HttpConnection& connection) : connection_(connection) {}

  EventLoop& loop() override { return *connection_.host_.loop; }
  const TransportLimits& limits() const override { return connection_.host_.limits; }
  RequestId next_request_id() override { return connection_.host_.request_ids->next(); }
  AccessLog* access_log() override { return connection_.host_.access_log; }
  bool is_draining() const override { return connection_.host_.is_draining; }
  bool is_retiring() const override { return connection_.host_.is_retiring; }

  void listen(Listener& listener) override;
  void stop_listening() override {
    connection_.listener_ = nullptr;
    connection_.on_gone_ = nullptr;
  }
  std::string_view unread() const override { return connection_.input_.unread(); }
  void consume(size_t bytes) override;
  void receive_more() override {
    if (connection_.on_gone_) connection_.watch_for_end();
  }
  std::string& output() override { return connection_.output_; }
  bool flush() override;
  void flush_soon() override;
  void cut() override { connection_.cut(); }

 private:
  HttpConnection& connection_;
  bool is_flushing_ = false;
  Event flushed_;
};

void HttpConnection::Upgraded::listen(Listener& listener) {
  connection_.listener_ = &listener;
  connection_.on_gone_ = [&listener] { listener.on_end(); };
  if (!unread().empty()) listener.on_input();
  if (connection_.is_peer_closed_ || connection_.is_broken_) return connection_.tell_gone();
  receive_more();
}

void HttpConnection::Upgraded::consume(size_t bytes) {
  auto& input = connection_.input_;
  input.consume(bytes);
  const bool is_spare = input.unread().empty() && input.capacity() > kInputBytesKept;
  if (is_spare && !connection_.is_receiving_) input = {};
}

bool HttpConnection::Upgraded::flush() {
  while (is_flushing_) flushed_.wait();
  is_flushing_ = true;
  connection_.limits_.write_timeout_ms = limits().write_timeout_ms;
  bool is_sent = connection_.flush();
  while (is_sent && connection_.listener_ != nullptr && !unread().empty()) {
    connection_.listener_->on_input();  // it may have waited for room in the output
    if (connection_.output_.empty()) break;
    is_sent = connection_.flush();
  }
  is_flushing_ = false;
  flushed_.notify();
  if (!is_sent) connection_.tell_gone();
  return is_sent;
}

// What is appended while a flush waits goes out with it.
void HttpConnection::Upgraded::flush_soon() {
  if (is_flushing_ || Coroutine::current() != nullptr) return;
  try {
    Coroutine::spawn(loop(), [self = connection_.shared_from_this(), this] { flush(); });
  } catch (const std::exception& error) {  // memory runs out, say: it costs this one connection
    log::error("connection_failed", {{"reason", std::string_view(error.what())}});
    cut();
  }
}

void HttpConnection::serve_upgraded() {
  head_ = {};
  head_bytes_ = {};  // thousands of these wait at the same time
  added_headers_ = {};
  output_ = {};
  const auto run = std::exchange(upgrade_, nullptr);
  Upgraded upgraded(*this);
  try {
    run(upgraded);
  } catch (const std::exception& error) {
    log::error("connection_failed", {{"reason", std::string_view(error.what())}});
    cut();
  }
  upgraded.flush();  // and with it, whoever else has begun one
  is_broken_ ? cut() : linger();
}

}  // namespace chatgate
