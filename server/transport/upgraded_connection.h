// A connection that has left HTTP for another protocol (RFC 9110, 7.8): bytes both ways, for as
// long as that protocol likes. Made by the transport; used inside the connection's coroutine and in
// callbacks on its loop.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/domain/ids.h"
#include "server/transport/http_listener.h"

namespace chatgate {

class UpgradedConnection {
 public:
  // What the protocol is told, on the loop's own stack: it must not wait there.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_input() = 0;  // more bytes are unread
    virtual void on_end() = 0;    // once: nothing more comes, or can be sent
    virtual void on_drain() = 0;  // the gateway stops
    // Another process serves from now on: whoever has been silent for so long may come back to it.
    virtual void on_retire(int64_t idle_ms_min) = 0;
  };

  virtual ~UpgradedConnection() = default;

  virtual EventLoop& loop() = 0;
  // As they are configured now.
  virtual const TransportLimits& limits() const = 0;
  virtual RequestId next_request_id() = 0;
  virtual AccessLog* access_log() = 0;  // may be null
  virtual bool is_draining() const = 0;
  virtual bool is_retiring() const = 0;  // another process serves; see HttpListener::retire

  // Tells `listener` from now on, and of what is here already.
  virtual void listen(Listener& listener) = 0;
  virtual void stop_listening() = 0;
  // Received and not consumed. When much is unread no more is received, so that the client's own
  // network stack holds it back; after consuming later than in on_input, say so to receive again.
  virtual std::string_view unread() const = 0;
  virtual void consume(size_t bytes) = 0;
  virtual void receive_more() = 0;

  // What waits to be sent; for appending whole units, from anywhere on the loop.
  virtual std::string& output() = 0;
  // Inside the coroutine: suspends until all is sent. False when the connection is over, also
  // because the client took nothing for too long.
  virtual bool flush() = 0;
  // In a callback: sends it beside whatever the coroutine waits for.
  virtual void flush_soon() = 0;

  // Ends the connection as it is.
  virtual void cut() = 0;
};

}  // namespace chatgate
