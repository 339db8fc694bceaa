// The person at the terminal: what may be asked of them, and how they see long work go on. In a
// script, where there is nobody, a question becomes an option to give, and progress is silent.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/progress.h"
#include "common/result.h"

namespace chatgate {

class Context;

// Which of the standard streams lead to a terminal, and how wide it is.
struct Terminal {
  bool has_input = false;
  bool has_output = false;
  bool has_errors = false;
  size_t columns = 80;  // of the output; where it is no terminal, what tables are made for
};
Terminal attached_terminal();

// Whether standard output is a pipe that nobody reads from any more. wait_while_read waits up to
// `ms` for that to happen, or for a signal.
bool is_reader_gone();
bool wait_while_read(int64_t ms);

// Asks `question` ("remove user 'alice'?"). Succeeds for yes, or at once when `is_confirmed` (the
// option --yes); kRefused for no; kInvalidArgument where nobody can be asked.
Result<void> confirm(Context& context, std::string_view question, bool is_confirmed);

// A secret: typed without echo after `prompt` at a terminal, else the first line of the standard
// input, without white space around it. kInvalidArgument for an empty one; kInterrupted after
// Ctrl-C.
Result<std::string> read_secret(Context& context, std::string_view prompt);

// While it lives, Ctrl-C (SIGINT) and SIGTERM do not end the process but are remembered.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static bool was_interrupted();
};

// A bar for long work, on the error stream of a terminal and nowhere else: the share that is done,
// its rate and the time left. Drawn at most ten times a second and wiped away at the end.
class Progress {
 public:
  // `label`: what goes on, "checking rows"; `unit`: what is counted, "rows".
  Progress(Context& context, std::string label, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // False after Ctrl-C.
  bool show(int64_t done, int64_t total);
  // The same as what a store calls. Borrows this bar.
  ProgressReport report();

 private:
  void draw(int64_t done, int64_t total);

  Context& context_;
  InterruptGuard guard_;
  std::string label_;
  std::string unit_;
  int64_t begun_ms_;
  int64_t drawn_ms_ = 0;
  bool is_drawn_ = false;
};

}  // namespace chatgate
