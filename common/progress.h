// How far long work is, told to whoever waits for it.
#pragma once

#include <cstdint>
#include <functional>

namespace chatgate {

// Called now and then from the thread that works, with what is done of `total`, in whatever the
// work counts: rows, pages, bytes (0 <= done <= total, total > 0). False asks the work to stop and
// to leave everything as it was; it then fails with kInterrupted.
using ProgressReport = std::function<bool(int64_t done, int64_t total)>;

}  // namespace chatgate
