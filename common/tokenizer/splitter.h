// Splits a text into the pieces within which byte pairs are merged: by hand what the regular
// expressions of OpenAI's encodings do, in time linear in the text and without a regex engine's
// recursion. Pure; any thread, any stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chatgate {

enum class SplitRule : uint8_t { kCl100k, kO200k };

struct PieceEnd {
  size_t at = 0;
  bool saw_end = false;  // the end of the text was looked at: more text might move the piece's end
};

// Where the piece that begins at `from` ends: always behind it. REQUIRES: `text` is valid UTF-8, a
// piece begins at `from`, and from < text.size().
PieceEnd end_of_piece(SplitRule rule, std::string_view text, size_t from);

}  // namespace chatgate
