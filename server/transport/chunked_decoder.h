// Decodes a request body in chunked framing (RFC 9112, 7.1), strictly: what another parser could
// read differently is an error. One decoder for one body, used by one coroutine at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

class ChunkedDecoder {
 public:
  static constexpr int kSizeDigitsMax = 16;
  static constexpr size_t kExtensionBytesMax = 256;         // of one chunk
  static constexpr size_t kExtensionBytesTotalMax = 16384;  // of the whole body
  static constexpr size_t kTrailerBytesMax = 8192;

  // Appends what `bytes` decode to and returns how many of them belong to the body: fewer than
  // given only once it is done, for the rest is the next request. Extensions and trailers are
  // checked and dropped. An error is final. The caller bounds the size of `out`.
  Result<size_t> feed(std::string_view bytes, std::string& out);

  bool is_done() const { return state_ == State::kDone; }

 private:
  enum class State : uint8_t {
    kSize,
    kExtension,
    kExtensionQuoted,
    kExtensionQuotedPair,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kEndLf,
    kDone,
    kBroken,
  };

  // Why `byte` may not stand here; null when it may.
  const char* take(unsigned char byte);
  const char* take_size(unsigned char byte);
  const char* take_extension(unsigned char byte);
  const char* take_trailer(unsigned char byte);

  State state_ = State::kSize;
  int size_digits_ = 0;
  uint64_t chunk_bytes_left_ = 0;
  size_t extension_bytes_ = 0;
  size_t extension_bytes_total_ = 0;
  size_t trailer_bytes_ = 0;
};

}  // namespace chatgate
