// Frames of WebSocket clients: whatever comes, what is heard does not depend on how it was split,
// messages are UTF-8 of a bounded size, and nothing is heard after the end.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/tokenizer/utf8.h"
#include "server/transport/websocket/frames.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace chatgate;
using Event = FrameDecoder::Event;

constexpr size_t kMessageBytesMax = 300;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_text(std::string_view text) { return valid_utf8_bytes(text) == text.size(); }

// Everything that is heard, as one text.
std::string hear(std::string_view bytes, size_t step) {
  FrameDecoder decoder(kMessageBytesMax);
  std::string heard;
  bool is_over = false;
  for (size_t at = 0; at < bytes.size(); at += step) {
    auto piece = bytes.substr(at, step);
    while (!piece.empty()) {
      const auto event = decoder.next(piece);
      if (event == Event::kNeedsMore) continue;
      require(!is_over);
      heard += static_cast<char>('0' + static_cast<int>(event));
      if (event == Event::kMessage) {
        const auto message = decoder.take_message();
        require(message.size() <= kMessageBytesMax && is_text(message));
        heard += message;
        continue;
      }
      is_over = event == Event::kClose || event == Event::kFault;
      if (is_over) heard += std::to_string(static_cast<int>(decoder.close_code()));
      if (event == Event::kFault) continue;
      require(decoder.payload().size() <= 125);
      if (event == Event::kClose) require(is_text(decoder.payload()));
      heard += decoder.payload();
    }
  }
  return heard;
}

}  // namespace

FUZZ_TARGET(websocket,
            "a\x01\x83\x01\x02\x03\x04ijk\x89\x81\x01\x02\x03\x04q\x80\x82\x01\x02\x03\x04ij"
            "\x81\x88\x01\x01\x01\x01\xE3\x83\xAD\xF1\x9E\x99\x81 "
            "\x88\x84\x01\x01\x01\x01\x02\xE9jk") {
  if (size < 1) return 0;
  const size_t step = data[0] % 16 + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = hear(bytes, bytes.size() + 1);
  require(hear(bytes, step) == whole);
  require(hear(bytes, 1) == whole);
  return 0;
}
