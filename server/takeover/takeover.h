// The successor's part of a takeover (handover.h tells the whole): this process finds the gateway
// that serves its database, gets its sockets and its lock, loads, takes over what that one has
// reserved, and decides from then on; also for the requests that the other process still begins on
// its connections. When the other one is gone, what it has left open is ended as after a crash.
//
// Until `complete` returns nothing has changed for anybody. After it a thread of its own answers
// the predecessor. Public calls are the main thread's, but for `inflight` (the control socket's).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/control/control_protocol.h"
#include "server/books/foreign_holds.h"
#include "server/books/open_books.h"
#include "server/listeners.h"
#include "server/takeover/link.h"
#include "server/takeover/process_watch.h"

namespace chatgate {

class Takeover {
 public:
  // Asks the gateway that serves the database to let this process take over. kRefused when it does
  // not; kStoreUnavailable when it cannot be asked.
  static Result<std::unique_ptr<Takeover>> begin(const std::string& database_url);
  ~Takeover();
  Takeover(const Takeover&) = delete;
  Takeover& operator=(const Takeover&) = delete;

  int64_t lane() const { return lane_; }
  Result<std::unique_ptr<ServeLock>> lock();
  // The predecessor's sockets for the addresses of this configuration, by their names.
  SocketsByName sockets(const Config& config);

  // This process takes the place of the predecessor. REQUIRES: all is ready to serve, and the books
  // outlive this. `on_change`: the predecessor has gone.
  Result<void> complete(Books& books, std::function<void()> on_change);

  int predecessor() const { return watch_->process_id(); }
  bool is_predecessor_gone() const { return is_gone_; }
  // The service is to end, so the predecessor as well.
  void stop_predecessor();

  // Says goodbye to a predecessor that is still there. The writer may have work left for this
  // object, so it is closed before that ends.
  void leave();

  // What the predecessor answers to an order over the control socket.
  Result<std::vector<RunningRequest>> inflight(const ControlRequest& request) const;

 private:
  struct Offered {
    OfferedSocket socket;
    int descriptor = -1;
  };

  Takeover(std::string database_url, std::unique_ptr<Link> link,
           std::unique_ptr<ProcessWatch> watch)
      : database_url_(std::move(database_url)), link_(std::move(link)), watch_(std::move(watch)) {}
  Result<void> take_offer();
  Result<LinkMessage> receive(int64_t timeout_ms);
  Result<void> take_state();
  Result<void> apply(const std::vector<UserId>& charged, const std::vector<Hold>& holds);
  Result<void> on_writer(const std::function<Result<void>(Store&)>& work);
  Result<void> inherit();
  void serve_predecessor();
  void answer(LinkMessage question);
  Result<Hold> reserve(const Hold& wanted);
  void end_holds(std::vector<Hold> holds);
  void sweep_predecessor();
  void let_go();

  std::string database_url_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<ProcessWatch> watch_;
  int64_t lane_ = 0;
  int lock_file_ = -1;
  std::vector<Offered> offered_;
  std::vector<std::string> taken_;
  bool is_link_over_ = false;  // its other end is closed
  bool has_died_ = false;      // the predecessor, before it said `go`

  Books* books_ = nullptr;
  std::unique_ptr<ForeignHolds> holds_;
  std::function<void()> on_change_;
  std::atomic<bool> is_gone_{false};
  std::atomic<bool> is_leaving_{false};
  std::thread thread_;
};

}  // namespace chatgate
