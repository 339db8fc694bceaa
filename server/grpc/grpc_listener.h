// The gRPC door: questions as the calls of `chat.Chat/Ask`, each of which becomes a coroutine on
// one of the event loops and there looks like any other exchange. Calls are made by the main
// thread.
//
// The module's threads read requests and write answers; the loops do all else. A call is counted
// from the moment that gRPC reports it until gRPC says that nothing of it is left.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/config/config.h"
#include "common/result.h"
#include "server/grpc/grpc_acceptor.h"
#include "server/grpc/grpc_module.h"
#include "server/transport/http_exchange.h"
#include "server/transport/request_ids.h"

namespace chatgate {

class AccessLog;
class TlsEndpoint;
struct Question;

// Answers a question inside its coroutine, or says what is wrong with it. Exceptions become an
// error.
using MessageHandler = std::function<void(HttpExchange&, Result<Question>)>;

struct GrpcListenerParts {
  std::vector<EventLoop*> loops;
  MessageHandler handler;
  RequestIds& request_ids;
  AccessLog& access_log;
  TlsEndpoint* tls;          // null: connections are not encrypted
  ConnectionPlaces& places;  // outlives the listener
};

class GrpcListener {
 public:
  explicit GrpcListener(GrpcListenerParts parts);
  ~GrpcListener();  // REQUIRES: the loops no longer run, but are still there

  // Loads the module and serves where the configuration says, or on `socket`, which listens already
  // (-1: none). REQUIRES: called once, before the loops run.
  Result<void> listen(const Config& config, int socket = -1);
  int descriptor() const { return acceptor_.descriptor(); }
  std::string bound_address() const { return bound_address_; }

  // For connections and calls that begin from now on. What a server of gRPC's cannot change while
  // it runs, such as its certificate, makes another one, which gets all new connections. The old
  // one serves on until its clients have left, which each connection's are told to within a minute:
  // no call is lost.
  void set_limits(const Config& config);
  // Ends old servers that nobody is connected to any more. False when there are none left; else to
  // be called again.
  bool end_old_servers();
  // As HttpListener's, and from any thread like these. Nothing else is needed to retire: clients
  // make a new connection each minute, and a call that comes on the old one meanwhile is served.
  void pause() { acceptor_.pause(); }
  void resume() { acceptor_.resume(); }
  void stop_listening() { acceptor_.take_waiting_and_stop(); }

  // No new connections and no new calls; connections close when their calls have ended.
  void drain();
  // Of those that the coroutines do not end by themselves nothing is waited for any more.
  void close_all();
  // Connections, as long as they may be somebody's who still asks.
  int64_t connections_to_retire(int64_t retired_for_ms);
  // Calls; and, for a moment after the last of a drain, connections that are still saying goodbye.
  int64_t open_connections();

 private:
  class Calls;
  // A server of gRPC's, and the connections that it got.
  struct Server {
    Server(std::unique_ptr<GrpcServer> started, ConnectionPlaces& places)
        : grpc(std::move(started)), connections(places) {}
    std::unique_ptr<GrpcServer> grpc;
    GrpcConnections connections;
  };

  void take(int socket, const std::string& ip);
  Result<void> add_server();  // REQUIRES: servers_mutex_ is held
  void look_for_places();
  void cut_connections();
  int64_t count_connections();

  TlsEndpoint* const tls_;
  ConnectionPlaces& places_;
  std::shared_ptr<Calls> calls_;
  GrpcAcceptor acceptor_;
  GrpcSettings settings_;  // of the main thread until it listens, then under servers_mutex_
  std::mutex servers_mutex_;
  std::vector<std::unique_ptr<Server>> servers_;  // the last one gets new connections
  std::string bound_address_;
  int64_t goodbye_until_ms_ = -1;  // -1: no drain, or calls are under way
  std::atomic<bool> is_draining_ = false;
};

}  // namespace chatgate
