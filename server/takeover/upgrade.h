// Everything that a gateway has to do with another version of itself: it may take the place of one
// at its start, start one on SIGUSR2, hand over to one, and finish its own requests then. The main
// thread's side of takeover.h, handover.h and next_version.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/control/control_server.h"
#include "server/takeover/handover.h"
#include "server/takeover/next_version.h"
#include "server/takeover/takeover.h"

namespace chatgate {

class Upgrade {
 public:
  // --- the start, in this order ---

  // The right to serve the database; with `may_take_over` also where another gateway has it, whose
  // place this process is going to take then.
  Result<std::unique_ptr<ServeLock>> take_lock(const std::string& database_url, bool may_take_over);
  // What tells this process's requests from those of the other gateway; nothing without one.
  std::optional<int64_t> lane() const;
  // The sockets to listen on: those of the other gateway, and those that the process was given.
  SocketsByName sockets(const Config& config, SocketsByName given);
  // Takes the other gateway's place, if there is one. REQUIRES: all is ready to serve.
  Result<void> take_place(Books& books);
  // From now on another process may take over from this one.
  void serve(HandoverParts parts);

  // For the control socket's server, which is told here before it ends (null).
  ControlHandler with_predecessor(ControlHandler own);
  TakeoverHandler takeover_handler();
  void use_control(ControlServer* control);

  // --- while it serves ---

  // After each signal, or none: looks what has become of the other processes.
  void look(int signal);
  int64_t look_again_ms() const;
  // Another process serves, and this one finishes what it has begun.
  bool is_retired() const { return handover_->stage() != Handover::Stage::kServing; }
  bool must_stop() const { return handover_->was_told_to_stop(); }
  bool has_predecessor() const { return takeover_ && !takeover_->is_predecessor_gone(); }

  // --- the end, in this order ---

  void stop();         // of the service: what runs is finished
  void prepare_end();  // before the loops stop
  void end();          // after the books are closed

 private:
  void start_next();
  void look_after_next();
  std::string refusal(const ControlRequest& request) const;

  NextVersion next_;
  int64_t next_started_ms_ = 0;
  bool owes_next_ = false;  // SIGUSR2 came while the predecessor was still there
  std::unique_ptr<Takeover> takeover_;
  std::unique_ptr<Handover> handover_;
};

}  // namespace chatgate
