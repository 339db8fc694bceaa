// What kind of character a code point is, as the expressions tell it by which texts are split
// before they are encoded. Constant data; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chatgate {

// One bit each, so that a set of classes is one number. Every code point has exactly one; no
// character, as at the end of a text, has none.
enum CharacterClass : uint8_t {
  kUpper = 1,     // Lu, Lt
  kLower = 2,     // Ll
  kUncased = 4,   // Lm, Lo
  kMark = 8,      // M
  kNumber = 16,   // N
  kSpace = 32,    // White_Space but for the next two
  kNewline = 64,  // CR, LF
  kSymbol = 128,  // all others
};
inline constexpr uint8_t kLetter = kUpper | kLower | kUncased;
inline constexpr uint8_t kBlank = kSpace | kNewline;

struct Character {
  uint8_t kind = 0;   // a CharacterClass
  uint8_t bytes = 0;  // that it takes in UTF-8
};

// The character that begins at `at`. REQUIRES: `text` is valid UTF-8, and a character begins there.
Character character_at(std::string_view text, size_t at);

}  // namespace chatgate
