// Whether another process has ended, with everything that it had open. Any thread.
#pragma once

#include <cstdint>
#include <memory>

#include "common/result.h"

namespace chatgate {

class ProcessWatch {
 public:
  // kSystem when the process is not visible, or the kernel cannot tell.
  static Result<std::unique_ptr<ProcessWatch>> start(int process_id);
  ~ProcessWatch();
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  // Waits until it has, for `timeout_ms` (>= 0) at most.
  bool has_ended(int64_t timeout_ms) const;
  int process_id() const { return process_id_; }

 private:
  ProcessWatch(int process_id, int descriptor) : process_id_(process_id), descriptor_(descriptor) {}

  int process_id_;
  int descriptor_;
};

}  // namespace chatgate
