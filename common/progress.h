// How far long work is, told to whoever waits for it.
#pragma once

#include <cstdint>
#include <functional>

namespace chatgate {

// Called now and then from the thread that works, with what is done of `total`, in whatever the
// work counts: rows, pages, bytes (0 <= done <= total, total > 0). False asks the work to stop and
// to leave everything as it was; it then fails with kInterrupted.
using ProgressReport = std::function<bool(int64_t done, int64_t total)>;

// The report of one among `parts` equally long parts of a work that counts `units` in each. `whole`
// may be empty, and so nobody waits.
inline ProgressReport part_of(const ProgressReport& whole, int64_t part, int64_t parts,
                              int64_t units) {
  if (!whole) return {};
  return [=](int64_t done, int64_t total) {
    const int64_t scale = units > 0 ? units : 1;
    return whole(part * scale + done * scale / (total > 0 ? total : 1), parts * scale);
  };
}

}  // namespace chatgate
