// Decides whether the head of an HTTP/1 request is well-formed and unambiguously framed, before any
// other parser sees it. The listener calls it on the bytes it has read so far. Pure functions: any
// thread or coroutine may call them at the same time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace chatgate {

// Both are views into the buffer that was judged; `value` is without surrounding white space.
struct HeaderField {
  std::string_view name, value;
};

enum class BodyFraming : uint8_t { kNone, kLength, kChunked };

struct HeadLimits {
  size_t uri_bytes_max = 8192;
  size_t header_bytes_max = 65536;  // of the whole head, request line included
  size_t headers_max = 100;
};

// A head that RFC 9112 calls well-formed. Its views live as long as the buffer that was judged.
struct RequestHead {
  std::string_view method, target;
  int minor_version = 1;  // HTTP/1.minor: 0 or 1
  std::vector<HeaderField> fields;
  BodyFraming framing = BodyFraming::kNone;
  uint64_t content_length = 0;  // when framed by kLength
  bool keep_alive = true;
  bool expects_continue = false;
  size_t bytes = 0;  // of the whole head, with the blank line that ends it

  // The value of the first field of that name, in whatever case; empty when there is none.
  std::string_view header(std::string_view name) const;

  // Path and query alone, whichever form the target has (RFC 9112, 3.2).
  std::string_view origin_form() const;
};

// Judges the head at the beginning of `buffer`. Nothing: it is incomplete so far, read more. An
// error is final: answer its status and close, for nobody knows where the next request begins.
// `scanned` remembers what an earlier call found, so that a head which trickles in costs linear
// time: pass 0 for a new head, and the same variable again with the same bytes and more.
// Messages name the header at fault and never quote its value, which may be a secret.
Result<std::optional<RequestHead>> judge_head(std::string_view buffer, const HeadLimits& limits,
                                              size_t& scanned);

}  // namespace chatgate
