// The gateway's end of the control socket (common/control/control_protocol.h): a thread of its own
// that serves one connection after the other, each for a few seconds at most.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/control/control_protocol.h"
#include "common/result.h"

namespace chatgate {

class ControlChannel;

// Called on the control thread.
using ControlHandler =
    std::function<Result<std::vector<RunningRequest>>(const ControlRequest& request)>;

// Takes over the connection of a process that asks to take over (server/takeover/handover.h). The
// same thread.
using TakeoverHandler = std::function<void(int socket, const ControlRequest& request)>;

class ControlServer {
 public:
  // Listens at `path`, for this process's user and root alone, and replaces what a dead gateway has
  // left there, or the socket of one that has handed over. kRefused when something else stands
  // there, or the path is too long for a socket; kSystem. REQUIRES: the database's ServeLock is
  // held.
  static Result<std::unique_ptr<ControlServer>> start(const std::string& path,
                                                      ControlHandler handler,
                                                      TakeoverHandler takeover = {});
  ~ControlServer();  // removes the socket
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Leaves the place to another process's server, which may replace the socket from now on, and is
  // found at aside_path_of(path) instead; and back again. One thread at a time.
  void step_aside();
  void step_back();

 private:
  ControlServer(std::string path, ControlHandler handler, TakeoverHandler takeover);
  Result<void> listen();
  Result<void> bind();
  void run();
  void serve(int socket) const;
  static Result<ControlRequest> read_request(ControlChannel& channel, int socket);
  bool stops_within(int64_t ms) const;

  const std::string path_;
  ControlHandler handler_;
  TakeoverHandler takeover_;
  int listener_ = -1;
  int stop_event_ = -1;
  std::string bound_path_;  // removed at the end; empty: nothing is
  std::thread thread_;
};

}  // namespace chatgate
