// Heads of requests: whatever comes, the verdict does not depend on how it was split, and an
// accepted head is what it claims to be.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/transport/framing_guard.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace chatgate;

void require(bool condition) {
  if (!condition) std::abort();
}

int status_of(const Result<std::optional<RequestHead>>& judged) {
  if (!judged) return traits_of(judged.error().code).http_status;
  return judged->has_value() ? 200 : 0;
}

bool is_inside(std::string_view view, std::string_view whole) {
  return view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size();
}

void check_accepted(const RequestHead& head, std::string_view text) {
  require(head.bytes <= text.size() && text.substr(0, head.bytes).ends_with("\r\n\r\n"));
  require(is_inside(head.method, text) && is_inside(head.target, text));
  require(head.fields.size() <= HeadLimits{}.headers_max);
  for (const HeaderField& field : head.fields) {
    require(is_inside(field.name, text) && is_inside(field.value, text) && !field.name.empty());
    require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
  require(head.minor_version == 0 || !head.header("host").empty());
  require(head.header("content-length").empty() || head.header("transfer-encoding").empty());
  require((head.framing == BodyFraming::kChunked) == !head.header("transfer-encoding").empty());
  require(!head.origin_form().empty());
}

}  // namespace

FUZZ_TARGET(framing_guard,
            "ab"
            "POST /v1/chat?x=%20 HTTP/1.1\r\nHost: a.example:80\r\nContent-Length: 12\r\n"
            "X-Some: \tvalue\r\n\r\n") {
  if (size < 2) return 0;
  const size_t at = (static_cast<size_t>(data[0]) * 256 + data[1]) % (size - 1);
  const std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const HeadLimits limits{.uri_bytes_max = 100, .header_bytes_max = 400, .headers_max = 10};

  size_t scanned = 0;
  const auto whole = judge_head(text, limits, scanned);
  if (whole && *whole) check_accepted(**whole, text);

  scanned = 0;
  int status = status_of(judge_head(std::string_view(text).substr(0, at), limits, scanned));
  if (status == 0) status = status_of(judge_head(text, limits, scanned));
  require(status == status_of(whole));
  return 0;
}
