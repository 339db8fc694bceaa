// One client connection: reads heads past the framing guard, lets cpp-httplib process each request
// on a stream whose reads and writes suspend the coroutine, and keeps or closes the connection.
// Private to the transport. Everything here belongs to one event loop's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

#include "server/transport/http_listener.h"

namespace chatgate {

class HttpConnection;
class RequestProcessor;

// What the connections of one loop share.
struct ConnectionHost {
  EventLoop* loop = nullptr;
  std::shared_ptr<RequestProcessor> processor;
  ErrorRenderer render_error;
  TransportLimits limits;
  bool is_draining = false;
  std::unordered_set<HttpConnection*> connections;
};

// cpp-httplib's server without its sockets and threads; shared by all loops.
std::shared_ptr<RequestProcessor> make_request_processor(HttpHandler handler);

// Takes over the connected, non-blocking socket and serves it in a coroutine of its own.
// `on_closed` is called when it is over. REQUIRES: on the host's loop.
void serve_connection(ConnectionHost& host, int socket, bool is_ipv6, std::string client_ip,
                      std::function<void()> on_closed);

// Closes those that wait for a request; with `cut`, all of them.
void close_connections(ConnectionHost& host, bool cut);

}  // namespace chatgate
