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

// Answers a question inside its coroutine. Exceptions become an error.
using MessageHandler = std::function<void(HttpExchange&, Question)>;

struct GrpcListenerParts {
  std::vector<EventLoop*> loops;
  MessageHandler handler;
  RequestIds& request_ids;
  AccessLog& access_log;
  TlsEndpoint* tls;  // null: connections are not encrypted
};

class GrpcListener {
 public:
  explicit GrpcListener(GrpcListenerParts parts);
  ~GrpcListener();  // REQUIRES: the loops no longer run, but are still there

  // Loads the module and serves where the configuration says. REQUIRES: called once, before the
  // loops run.
  Result<void> listen(const Config& config);
  std::string bound_address() const { return bound_address_; }

  // For connections and calls that begin from now on.
  void set_limits(const Config& config);
  // No new connections and no new calls; connections close when their calls have ended.
  void drain();
  // Of those that the coroutines do not end by themselves nothing is waited for any more.
  void close_all();
  // Calls; and, for a moment after the last of a drain, connections that are still saying goodbye.
  int64_t open_connections();

 private:
  class Calls;

  TlsEndpoint* const tls_;
  std::shared_ptr<Calls> calls_;
  GrpcAcceptor acceptor_;
  std::unique_ptr<GrpcServer> server_;
  std::string bound_address_;
  int64_t goodbye_until_ms_ = -1;  // -1: no drain, or calls are under way
  bool is_draining_ = false;
};

}  // namespace chatgate
