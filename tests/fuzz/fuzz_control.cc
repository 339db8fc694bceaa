// The control socket's lines: whatever is understood is written back and understood the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/control/control_protocol.h"
#include "tests/fuzz/fuzz_target.h"

FUZZ_TARGET(control, R"({"verb": "kill", "id": "req_0123456789abcdef"})") {
  using namespace chatgate;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto request = parse_control_request(line)) {
    const auto again = parse_control_request(format_control_request(*request));
    if (!again || again->verb != request->verb || again->id != request->id) std::abort();
  }
  const auto answer = parse_control_line(line);
  if (!answer && answer.error().message.empty()) std::abort();
  if (answer && *answer) {
    const auto again = parse_control_line(format_control_line(**answer));
    if (!again || !*again || format_control_line(**again) != format_control_line(**answer)) {
      std::abort();
    }
  }
  return 0;
}
