// Accepts connections and spreads them evenly over the event loops, where each becomes a coroutine
// that serves one request after another through cpp-httplib's request processing. Public calls are
// safe from any thread unless they say otherwise.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "server/transport/connection_places.h"
#include "server/transport/event_loop.h"
#include "server/transport/http_exchange.h"
#include "server/transport/request_ids.h"

namespace chatgate {

class AccessLog;
class TlsEndpoint;

// Times in milliseconds, sizes in bytes.
struct TransportLimits {
  HeadLimits head;
  ConnectionLimits connections;
  int64_t body_bytes_max = 64LL << 20;
  int64_t header_timeout_ms = 30'000;
  int64_t body_timeout_ms = 60'000;
  int64_t idle_timeout_ms = 120'000;
  int64_t write_timeout_ms = 60'000;
};

// What the transport itself has to say (a broken head, a timeout), in the callers' protocol.
struct RenderedError {
  int status = 500;
  HeaderList headers;
  std::string body;
};
using ErrorRenderer = std::function<RenderedError(const Error&)>;

struct HttpDialect {
  // `target` is the request's, as far as it can be told; empty when nothing of it is known.
  std::function<RenderedError(const Error& error, std::string_view target)> render_error;
  // The headers that every answer bears, whoever makes it, unless it has them already.
  // `processing_ms`: since the request's head was here; negative when no route saw the request.
  std::function<HeaderList(RequestId id, int64_t processing_ms)> own_headers;
};

// What the listeners that serve a gateway's clients have in common. Each outlives them.
struct SharedParts {
  AccessLog* access_log = nullptr;     // the requests are then counted by the loops' metrics, too
  TlsEndpoint* tls = nullptr;          // connections are then encrypted, all of them
  ConnectionPlaces* places = nullptr;  // null: the listener counts for itself
};

class HttpListener {
 public:
  HttpListener(const std::vector<EventLoop*>& loops, HttpHandler handler, HttpDialect dialect,
               RequestIds& request_ids, const TransportLimits& limits,
               const SharedParts& shared = {});
  ~HttpListener();  // REQUIRES: no connection is left, or the loops no longer run

  // Binds "address:port", "[v6]:port", "name:port"; port 0 picks a free one. The message of a
  // failure says what to do. REQUIRES: called once.
  // `shares_port`: other processes that say so too may bind the same address (SO_REUSEPORT).
  Result<void> listen(const std::string& address, bool shares_port = false);
  // Takes over a TCP socket that listens already. REQUIRES: called once, instead of listen.
  Result<void> adopt(int socket);
  std::string bound_address() const;  // "127.0.0.1:8080", after listen or adopt
  uint16_t port() const;

  // For connections and requests that begin from now on.
  void set_limits(const TransportLimits& limits);

  // The listening socket, still this object's. REQUIRES: it listens.
  int descriptor() const;
  // Accepts nothing for now, or again; connections that come meanwhile wait.
  void pause();
  void resume();
  // From now on the next answer of each connection is its last. None is closed before, for a
  // request may be on its way: close_idle does so after a while. `resume` ends that, too.
  void retire();
  // Closes what has waited for a request for so long.
  void close_idle(int64_t idle_ms_min);
  // Accepts what waits and then closes the listening socket.
  void stop_listening();

  // No new connections; idle ones close, busy ones close after their answer.
  void drain();
  // Cuts every connection.
  void close_all();
  int64_t open_connections() const;
  int64_t accepted_connections() const;  // since the start, those that were refused left out
  int64_t refused_connections() const;   // for a limit of connections

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chatgate
