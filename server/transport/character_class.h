// The character classes of RFC 9110 and RFC 3986 as one table look-up. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace chatgate {

enum CharacterClass : uint8_t {
  kTokenCharacter = 1,  // RFC 9110, 5.6.2
  kFieldCharacter = 2,  // RFC 9110, 5.5: also blank, tab and obs-text
  kPathCharacter = 4,   // RFC 3986: pchar and "/", without "%"
  kQueryCharacter = 8,  // the same and "?", and what browsers leave as it is in a query
  kHostCharacter = 16,  // of a host's name, without "%"
  kDigit = 32,
  kHexDigit = 64,
};

constexpr std::array<uint8_t, 256> make_character_classes() {
  std::array<uint8_t, 256> classes{};
  const auto add = [&classes](std::string_view characters, int which) {
    for (const char c : characters) {
      auto& entry = classes[static_cast<unsigned char>(c)];
      entry = static_cast<uint8_t>(entry | which);
    }
  };
  add("0123456789", kDigit | kHexDigit);
  add("abcdefABCDEF", kHexDigit);
  for (const std::string_view alphanumeric :
       {"0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
    add(alphanumeric, kTokenCharacter | kPathCharacter | kQueryCharacter | kHostCharacter);
  }
  add("!#$%&'*+-.^_`|~", kTokenCharacter);
  add("-._~!$&'()*+,;=:@/", kPathCharacter | kQueryCharacter);
  add("?[]{}|^`", kQueryCharacter);
  add("-._~", kHostCharacter);
  for (unsigned c = 0; c < classes.size(); ++c) {
    if (c == '\t' || (c >= ' ' && c != 0x7f)) {
      classes[c] = static_cast<uint8_t>(classes[c] | kFieldCharacter);
    }
  }
  return classes;
}

inline constexpr std::array<uint8_t, 256> kCharacterClasses = make_character_classes();

constexpr bool is_in_class(char c, CharacterClass which) {
  return (kCharacterClasses[static_cast<unsigned char>(c)] & which) != 0;
}

constexpr bool is_all_in_class(std::string_view text, CharacterClass which) {
  uint8_t common = which;
  for (const char c : text) common &= kCharacterClasses[static_cast<unsigned char>(c)];
  return common != 0;
}

constexpr char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// Compares without regard to the case of ASCII letters. REQUIRES: `lower` has no capitals.
constexpr bool equals_lower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (lower_ascii(text[i]) != lower[i]) return false;
  }
  return true;
}

}  // namespace chatgate
