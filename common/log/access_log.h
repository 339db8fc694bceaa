// The access log: one line of JSON for each request, in a file that rotates. A request's record is
// begun by the transport and written when the last part of the program that had to say something of
// it has let it go, so each record is one line, however its request ends.
//
// Whoever ends a request only formats the line and adds it to those that wait in memory; a thread
// of the log's own writes them, those of a tenth of a second together. While the file cannot be
// written (a full disk) they wait; when too many do, the newest are dropped, counted and told of in
// the program's log. All calls are safe from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "common/clock.h"
#include "common/log/access_record.h"
#include "common/log/rotating_file.h"
#include "common/result.h"

namespace chatgate {

class AccessLog {
 public:
  static constexpr size_t kWaitingBytesMax = 8 << 20;

  explicit AccessLog(const Clock& clock, size_t waiting_bytes_max = kWaitingBytesMax);
  // Writes what waits, as far as the file takes it. REQUIRES: no record is left.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // From now on lines go to this file; no path: nowhere, and no record is begun. When the file
  // cannot be written, the error says so and nothing changes.
  Result<void> use(const std::string& path, const RotationRules& rules);
  // Opens the file's path again, after another program has moved the file away.
  void reopen();

  // The record of a request that arrives now; null when there is no log, which costs one load.
  std::shared_ptr<AccessRecord> begin(RequestId id);

  // Adds a line, its line feed included.
  void add(std::string_view line);
  // Lines dropped so far because too many waited.
  int64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Entry;
  struct Orders {
    std::unique_ptr<RotatingFile> file;  // null: no file any more
    bool replaces_file = false;
    bool reopens = false;
  };

  void run();
  void obey(Orders orders);
  void write_waiting(std::string& lines);
  void tell_dropped(bool is_last);

  const Clock& clock_;
  const size_t waiting_bytes_max_;
  std::atomic<bool> is_on_{false};
  std::atomic<int64_t> dropped_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_;  // lines
  Orders orders_;
  bool is_stopping_ = false;

  // The writing thread's own.
  std::unique_ptr<RotatingFile> file_;
  bool is_failing_ = false;
  int64_t dropped_told_ = 0;
  int64_t told_at_ms_ = 0;

  std::thread thread_;  // from the first file on
};

}  // namespace chatgate
