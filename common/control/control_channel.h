// One connection over the control socket, at either end: lines within bounds and a time. One
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

class ControlChannel {
 public:
  // Takes over the connected, non-blocking `socket`. All reading and writing together may take
  // `time_ms_max`, and ends early when `stop_event` (-1: none) becomes readable.
  ControlChannel(int socket, int64_t time_ms_max, int stop_event = -1);
  ~ControlChannel();
  ControlChannel(const ControlChannel&) = delete;
  ControlChannel& operator=(const ControlChannel&) = delete;

  // The next line without its line feed; nothing at the end. kInvalidRequest for a longer one than
  // `bytes_max` or an end within a line, kRequestTimeout, kSystem.
  Result<std::optional<std::string>> read_line(size_t bytes_max);
  // Gives the socket back to the caller; nothing more is read or written here. REQUIRES: the peer
  // sends nothing before it is answered.
  int release();
  // kRequestTimeout, kSystem.
  Result<void> write(std::string_view bytes);

 private:
  Result<void> wait(short events) const;

  int socket_;
  int stop_event_;
  int64_t deadline_ms_;
  std::string input_;
  bool is_ended_ = false;
};

}  // namespace chatgate
