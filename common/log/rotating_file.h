// A log file that is replaced by an empty one at the first line of each day (UTC) and before it
// grows beyond a size. What it held goes to `NAME.2026-11-20.00001` beside it, numbered within the
// day of its lines, so that names sort by age and none is ever overwritten; the oldest are deleted.
// It stands on spdlog's file helper. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"

namespace chatgate {

struct RotationRules {
  int64_t bytes_max = 0;  // 0: only the day counts
  int64_t files_max = 0;  // files kept beside the current one; 0: this program never rotates
  bool operator==(const RotationRules&) const = default;
};

class RotatingFile {
 public:
  RotatingFile(std::string path, RotationRules rules);
  ~RotatingFile();

  // Opens the file to append to it. One that holds lines of an earlier day is rotated by the first
  // write. Missing folders are made. kInvalidArgument, with the path and the reason, for what
  // cannot be written; what was open before then stays so. Devices and pipes are never rotated.
  Result<void> open(Timestamp now);

  // Writes whole lines and takes away from `lines` what is in the file; after an error the rest,
  // whole lines again, can be given once more. A rotation that fails is logged, tried again after a
  // minute, and stops no line.
  Result<void> write(std::string_view& lines, Timestamp now);

  const std::string& path() const { return path_; }

 private:
  struct Helper;

  bool may_rotate(Timestamp now) const;
  Result<size_t> write_piece(std::string_view lines, Timestamp now);
  Result<void> rotate(Timestamp now);
  Result<void> append(std::string_view piece);
  void prune() const;

  const std::string path_;
  const RotationRules rules_;
  std::unique_ptr<Helper> file_;  // null while it cannot be opened
  bool is_regular_ = true;
  int64_t day_ = 0;  // of the lines in the file
  int64_t rotates_after_ms_ = 0;
};

}  // namespace chatgate
