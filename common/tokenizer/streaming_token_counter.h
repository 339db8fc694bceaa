// Counts the tokens of a text that comes in parts, as the deltas of a streamed answer do, without
// keeping the text. One counter for one text, used by one coroutine at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/tokenizer/encoding.h"

namespace chatgate {

// The parts may be split at any byte. Equal to Encoding::count() of the whole, but for texts with a
// run of more than kRunBytesMax letters, symbols or blanks without a break: such a run is counted
// in parts of that size, and each seam may add or save a few tokens.
class StreamingTokenCounter {
 public:
  static constexpr size_t kRunBytesMax = 8192;  // also the most that is kept of the text, nearly

  explicit StreamingTokenCounter(const Encoding& encoding) : encoding_(&encoding) {}

  void feed(std::string_view part);

  // What is fed from here on is another text, which shares no token with the one before.
  void end_text();

  // Of all that was fed, as if the text ended here. Costs the encoding of what is kept.
  int64_t tokens() const { return tokens_ + encoding_->count(pending_); }

 private:
  static constexpr size_t kBytesAtOnce = 256;

  void take_pieces();

  const Encoding* encoding_;
  int64_t tokens_ = 0;
  size_t bytes_to_wait_for_ = kBytesAtOnce;  // until pieces are looked for again
  std::string pending_;                      // begins a piece
};

}  // namespace chatgate
