// The administrator's own address: /metrics for a Prometheus, /healthz for a supervisor. One more
// HTTP listener, on a loop that serves clients as well, and a thread that puts the page together.
// Its requests are in no access log and count in no metric. Never open to the world: the address is
// private, and a web page that rebinds its name to it (DNS rebinding) is refused by its Host.
//
// The main thread starts and ends it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "server/admin/metrics_page.h"
#include "server/transport/http_listener.h"
#include "server/transport/slow_work.h"

namespace chatgate {

struct AdminParts {
  MetricsSources sources;
  std::vector<LoopContext*> contexts;  // of all loops, the first of which serves
  RequestIds& request_ids;
};

class AdminServer {
 public:
  explicit AdminServer(AdminParts parts);

  // Binds a private "address:port", or takes a socket over that listens already (-1: none); kSystem
  // when the address is taken. REQUIRES: called once.
  Result<void> listen(const std::string& address, int socket);
  HttpListener& listener() { return listener_; }
  std::string address() const { return listener_.bound_address(); }
  std::string url() const { return "http://" + address(); }

  void close_all() { listener_.close_all(); }
  int64_t open_connections() const { return listener_.open_connections(); }

 private:
  void answer(HttpExchange& exchange);
  void answer_metrics(HttpExchange& exchange);

  AdminParts parts_;
  std::unique_ptr<SlowWork> renderer_;  // from listen on
  HttpListener listener_;
};

// Listens at `admin_listen`, or on `socket` as above; null when that is `off`. Where nobody asked
// for that address
// (`is_default`) and it is taken, as by another gateway of this machine, a warning says so and the
// gateway goes without.
Result<std::unique_ptr<AdminServer>> open_admin_server(const std::string& admin_listen,
                                                       bool is_default, int socket,
                                                       AdminParts parts);

// Whether the value of a Host header names this machine or an address: a browser that was led here
// by a name of somebody else's sends that name.
bool is_own_host(std::string_view host);

}  // namespace chatgate
