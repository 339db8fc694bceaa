// Everything that clients connect to: the listeners of all transports, opened, drained and closed
// together. The main thread calls it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/config.h"
#include "server/grpc/grpc_listener.h"
#include "server/transport/http_listener.h"

namespace chatgate {

// What the listeners of all transports are made with.
struct ListenerParts {
  std::vector<EventLoop*> loops;
  HttpHandler handler;
  HttpHandler websocket_handler;  // of the port that is a WebSocket alone
  MessageHandler message_handler;
  HttpDialect dialect;
  RequestIds& request_ids;
  AccessLog& access_log;
  TlsEndpoint* tls;  // null: connections are not encrypted
};

class Listeners {
 public:
  explicit Listeners(ListenerParts parts) : parts_(std::move(parts)) {}

  // Listens where the configuration says, or on the socket that the process was given.
  Result<void> open(const Config& config, std::optional<int> inherited_socket);

  std::string bound_address() const { return http_->bound_address(); }
  std::string url() const { return (parts_.tls ? "https://" : "http://") + bound_address(); }
  // Of the WebSocket's own port; empty: there is none.
  std::string websocket_url() const {
    return websocket_ ? (parts_.tls ? "wss://" : "ws://") + websocket_->bound_address() : "";
  }
  std::string grpc_address() const { return grpc_ ? grpc_->bound_address() : std::string(); }

  void set_limits(const Config& config);
  // No new connections; idle ones close, busy ones close after their answer.
  void drain();
  // Cuts every connection.
  void close_all();
  int64_t open_connections() const;
  // Each with the name that the metrics call it by.
  std::vector<std::pair<std::string_view, const HttpListener*>> named() const {
    std::vector<std::pair<std::string_view, const HttpListener*>> named{{"http", http_.get()}};
    if (websocket_) named.emplace_back("websocket", websocket_.get());
    return named;
  }

 private:
  Result<void> open_websocket(const Config& config);
  Result<void> open_grpc(const Config& config);
  std::vector<HttpListener*> all_http() const;

  ListenerParts parts_;
  std::unique_ptr<HttpListener> http_;
  std::unique_ptr<HttpListener> websocket_;  // null: it has no port of its own
  std::unique_ptr<GrpcListener> grpc_;       // null: it is off
};

}  // namespace chatgate
