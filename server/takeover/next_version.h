// Starts this program anew, as it was started itself, so that another version that stands in its
// file by now takes over: `chatgate serve ... --takeover`. Used by the main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace chatgate {

class NextVersion {
 public:
  // Notes how this process was started. REQUIRES: the working directory is still the first one.
  NextVersion();

  // kSystem when it cannot be started. REQUIRES: !is_running().
  Result<void> start();
  bool is_running() const { return process_ != 0; }
  int process() const { return process_; }  // 0: none

  // Whether it has ended since the last call; then how, in words: "it ended with status 2".
  std::optional<std::string> take_end();

 private:
  std::string path_;
  std::vector<std::string> arguments_;
  int process_ = 0;
};

}  // namespace chatgate
