// Chunked bodies: the decoded bytes, the verdict and the end do not depend on the split.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/transport/chunked_decoder.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using chatgate::ChunkedDecoder;

struct Decoded {
  bool is_error = false;
  bool is_done = false;
  size_t consumed = 0;
  std::string body = {};

  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, size_t step) {
  Decoded decoded;
  ChunkedDecoder decoder;
  for (size_t at = 0; at < bytes.size() && !decoder.is_done(); at += step) {
    const std::string_view piece = bytes.substr(at, step);
    const auto consumed = decoder.feed(piece, decoded.body);
    if (!consumed) return {.is_error = true};
    if (*consumed != piece.size() && !decoder.is_done()) std::abort();
    decoded.consumed += *consumed;
  }
  decoded.is_done = decoder.is_done();
  if (decoded.body.size() > decoded.consumed) std::abort();
  return decoded;
}

}  // namespace

FUZZ_TARGET(chunked,
            "7"
            "5\r\nhello\r\n1e;name=value\r\nabcdefghijklmnopqrstuvwxyz0123\r\n0\r\nA: b\r\n\r\n") {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Decoded whole = decode(bytes, bytes.size() + 1);
  if (!(decode(bytes, 1) == whole) || !(decode(bytes, data[0] % 64 + 1U) == whole)) std::abort();
  return 0;
}
