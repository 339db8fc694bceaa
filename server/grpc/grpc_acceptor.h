// Accepts the connections of the gRPC door for the module, which serves them with threads of its
// own. So it is here that they are limited, denied, counted and at last cut.
#pragma once

#include <sys/types.h>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/net/ip_range_set.h"
#include "common/result.h"
#include "server/transport/connection_places.h"
#include "server/transport/event_loop.h"

namespace chatgate {

struct GrpcConnectionLimits {
  ConnectionLimits connections;
  IpRangeSet denied;
};

// The connections that were handed over to a server. gRPC does not tell when it closes one, but a
// socket has a number of its own (st_ino) beside that of its descriptor: whoever finds another
// socket at the descriptor, or none, knows. They are looked at only when a limit is reached or
// somebody asks. Any thread.
class GrpcConnections {
 public:
  explicit GrpcConnections(ConnectionPlaces& places) : places_(places) {}
  ~GrpcConnections();  // gives all places back
  GrpcConnections(const GrpcConnections&) = delete;
  GrpcConnections& operator=(const GrpcConnections&) = delete;

  // REQUIRES: a place was taken for it, which is given back when it is found closed; `socket` is
  // open and not handed over yet.
  void add(int socket, const std::string& ip);
  // Looks at so many of them, each time at others.
  void forget_closed(size_t looks_max);
  int64_t count();
  // Ends each as if its client had gone.
  void cut();

 private:
  struct Connection {
    int descriptor;
    ino_t number;
    std::string ip;
  };
  void look_at(size_t looks_max);  // REQUIRES: the mutex is held

  ConnectionPlaces& places_;
  std::mutex mutex_;
  std::vector<Connection> connections_;
  size_t next_look_ = 0;
};

class GrpcAcceptor {
 public:
  using Take = std::function<void(int socket, const std::string& ip)>;

  // `take`: on the loop's own stack; the socket is then its, and the place that was taken for it.
  GrpcAcceptor(EventLoop& loop, ConnectionPlaces& places, Take take);
  ~GrpcAcceptor();  // REQUIRES: the loop no longer runs

  // REQUIRES: called once, before the loop runs; `socket` listens and does not block.
  void start(int socket);
  // For connections that come from now on. Any thread.
  void set_limits(GrpcConnectionLimits limits);
  int descriptor() const;  // the listening socket, still this object's
  // Accepts nothing for now, or again; connections that come meanwhile wait. Any thread.
  void pause();
  void resume();
  // Hands over what waits, then as `stop`. Any thread.
  void take_waiting_and_stop();
  // No new connections. Any thread.
  void stop();

 private:
  struct Impl;
  void await_connections();
  void accept_waiting();
  int accept_one();

  EventLoop& loop_;
  ConnectionPlaces& places_;
  const Take take_;
  GrpcConnectionLimits limits_;  // the loop's
  bool is_paused_ = false;       // too
  std::unique_ptr<Impl> impl_;
};

}  // namespace chatgate
