// Everything that clients connect to: the listeners of all transports, opened, drained and closed
// together. The main thread calls it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/config.h"
#include "server/grpc/grpc_listener.h"
#include "server/inherited_socket.h"
#include "server/transport/connection_places.h"
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

// One of the sockets that clients connect to, as it is offered to another process.
struct ListeningSocket {
  std::string name;        // "http"
  std::string configured;  // address
  std::string bound;       // the same with the port that was free
  bool is_activated = false;
  int descriptor = -1;
};

class Listeners {
 public:
  explicit Listeners(ListenerParts parts) : parts_(std::move(parts)) {}

  // The addresses that a configuration asks for, by the names of what is served there.
  static std::map<std::string, std::string> addresses_of(const Config& config);

  // Listens where the configuration says, or on the sockets that the process was given.
  // kInvalidArgument for one of them that nothing is served on.
  Result<void> open(const Config& config, const SocketsByName& inherited);
  // One more listener that is handed over with the others, and else goes its own way. REQUIRES: it
  // lives as long as this.
  void include(std::string_view name, const std::string& address, const SocketsByName& inherited,
               HttpListener& listener);
  const std::vector<ListeningSocket>& sockets() const { return sockets_; }

  std::string bound_address() const { return http_->bound_address(); }
  std::string url() const { return (parts_.tls ? "https://" : "http://") + bound_address(); }
  // Of the WebSocket's own port; empty: there is none.
  std::string websocket_url() const {
    return websocket_ ? (parts_.tls ? "wss://" : "ws://") + websocket_->bound_address() : "";
  }
  std::string grpc_address() const { return grpc_ ? grpc_->bound_address() : std::string(); }

  void set_limits(const Config& config);
  // Ends what serves only connections of before such a change, once they are gone. False when there
  // is no such thing; else to be called again.
  bool end_what_is_old() { return grpc_ && grpc_->end_old_servers(); }
  // While another process takes over (server/takeover/handover.h; there also from other threads).
  // It has these sockets from now on, and `retire` closes the others when their queues are empty.
  void note_taken(const std::vector<std::string>& names);
  bool are_all_taken() const { return taken_.size() == sockets_.size(); }
  void pause();
  void resume();
  void retire();
  void close_idle(int64_t idle_ms_min);
  void stop_listening();
  // Connections that may still bring a request, so long after `retire`.
  int64_t connections_to_retire(int64_t retired_for_ms) const;

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
  Result<void> open_http(const Config& config, const SocketsByName& inherited);
  Result<void> open_websocket(const Config& config, const SocketsByName& inherited);
  Result<void> open_grpc(const Config& config, const SocketsByName& inherited);
  void note(std::string_view name, const std::string& address, const SocketsByName& inherited,
            std::string bound, int descriptor);
  bool is_taken(std::string_view name) const;
  std::vector<HttpListener*> all_http() const;
  SharedParts shared() { return {&parts_.access_log, parts_.tls, &places_}; }

  ListenerParts parts_;
  ConnectionPlaces places_;  // of all listeners but the administrator's, who always gets in
  std::unique_ptr<HttpListener> http_;
  std::unique_ptr<HttpListener> websocket_;  // null: it has no port of its own
  std::unique_ptr<GrpcListener> grpc_;       // null: it is off
  std::vector<std::pair<std::string, HttpListener*>> offered_http_;  // by the sockets' names
  std::vector<ListeningSocket> sockets_;
  std::vector<std::string> taken_;
};

}  // namespace chatgate
