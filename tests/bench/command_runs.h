// Runs a command to its end, again and again, and measures how long it takes and how much memory it
// has at its highest.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>

#include "child_process.h"
#include "measurements.h"
#include "options.h"

namespace bench {

class CommandRuns {
 public:
  explicit CommandRuns(Options& options)
      : runs_(options.number("runs", 3, 1, 1'000)), command_(options.rest()) {
    options.reject_unknown();
    if (command_.empty()) give_up("the command to run is missing after --");
  }

  // Returns the exit status.
  int run() {
    Failures failures;
    Durations durations;
    int64_t rss_kb_max = 0;
    for (int64_t i = 0; i < runs_; ++i) {
      const int64_t start_ns = now_ns();
      const pid_t child = start_command(command_);
      int status = 0;
      rusage usage{};
      if (wait4(child, &status, 0, &usage) != child) give_up_with_errno("cannot wait");
      durations.add(now_ns() - start_ns);
      rss_kb_max = std::max<int64_t>(rss_kb_max, usage.ru_maxrss);
      if (status != 0) failures.add("'" + command_[0] + "' ended with " + std::to_string(status));
    }
    JsonLine line;
    line.add("runs", durations.count());
    line.add("failures", failures.count());
    line.add_percentiles("run_", durations);
    line.add("rss_kb", static_cast<size_t>(rss_kb_max));
    line.print();
    return failures.count() == 0 ? 0 : 1;
  }

 private:
  const int64_t runs_;
  const std::vector<std::string> command_;
};

}  // namespace bench
