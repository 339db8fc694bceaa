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

// Called on the control thread.
using ControlHandler =
    std::function<Result<std::vector<RunningRequest>>(const ControlRequest& request)>;

class ControlServer {
 public:
  // Listens at `path`, for this process's user and root alone, and replaces what a dead gateway has
  // left there. kRefused when something else stands there, or the path is too long for a socket;
  // kSystem. REQUIRES: the database's ServeLock is held.
  static Result<std::unique_ptr<ControlServer>> start(const std::string& path,
                                                      ControlHandler handler);
  ~ControlServer();  // removes the socket
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  ControlServer(std::string path, ControlHandler handler);
  Result<void> listen();
  void run();
  void serve(int socket) const;
  bool stops_within(int64_t ms) const;

  std::string path_;
  ControlHandler handler_;
  int listener_ = -1;
  int stop_event_ = -1;
  bool is_bound_ = false;
  std::thread thread_;
};

}  // namespace chatgate
