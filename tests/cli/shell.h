// The program as a test types it: dispatch over streams, a clock and a database of the test's own.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/dispatch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"

namespace chatgate {

class Shell {
 public:
  // Runs one command line and returns its exit status; what it printed is in `out` and `err`.
  int run(const std::vector<std::string>& arguments, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    Context context({in, out_stream, err_stream}, clock, environment, terminal);
    if (is_output_full) out_stream.setstate(std::ios::badbit);
    const int status = dispatch(arguments, context);
    out = out_stream.str();
    err = err_stream.str();
    return status;
  }

  ManualClock clock{1'795'168'800'000};  // 2026-11-20T10:00:00Z
  Environment environment;
  Terminal terminal;            // none of the streams is one, unless a test says so
  bool is_output_full = false;  // nothing printed arrives
  std::string out;
  std::string err;

 private:
  TempFolder folder_;
};

}  // namespace chatgate
