#include "common/tokenizer/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace chatgate {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kCharacterBytesMax = 4;

// The beginning of `bytes` as far as it is, or could have become, one character.
struct Part {
  size_t bytes = 0;  // at least 1
  bool is_valid = false;
  bool is_unfinished = false;  // nothing is wrong but that the bytes end
};

// Table 3-7 of the Unicode Standard, "Well-Formed UTF-8 Byte Sequences".
Part first_part(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, true, false};
  if (lead < 0xC2 || lead > 0xF4) return {1, false, false};
  const size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned low = 0x80, high = 0xBF;  // what the second byte may be
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  for (size_t i = 1; i < size; ++i) {
    if (i == bytes.size()) return {i, false, true};
    if (byte(i) < low || byte(i) > high) return {i, false, false};
    low = 0x80, high = 0xBF;
  }
  return {size, true, false};
}

size_t ascii_bytes(std::string_view bytes) {
  size_t count = 0;
  for (uint64_t word = 0; count + sizeof word <= bytes.size(); count += sizeof word) {
    std::memcpy(&word, bytes.data() + count, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  return count;
}

}  // namespace

size_t valid_utf8_bytes(std::string_view bytes) {
  size_t valid = 0;
  while (valid < bytes.size()) {
    valid += ascii_bytes(bytes.substr(valid));
    if (valid == bytes.size()) break;
    const Part part = first_part(bytes.substr(valid));
    if (!part.is_valid) break;
    valid += part.bytes;
  }
  return valid;
}

std::string with_replacements(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() + kReplacement.size());
  while (true) {
    const size_t valid = valid_utf8_bytes(bytes);
    text.append(bytes.substr(0, valid));
    bytes.remove_prefix(valid);
    if (bytes.empty()) return text;
    text.append(kReplacement);
    bytes.remove_prefix(first_part(bytes).bytes);
  }
}

size_t unfinished_utf8_bytes(std::string_view bytes) {
  for (size_t count = 1; count < kCharacterBytesMax && count <= bytes.size(); ++count) {
    const Part part = first_part(bytes.substr(bytes.size() - count));
    if (part.is_unfinished && part.bytes == count) return count;
    if (part.is_valid) return 0;
  }
  return 0;
}

}  // namespace chatgate
