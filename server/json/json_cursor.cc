#include "server/json/json_cursor.h"

#include <simdjson.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace chatgate {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101U;
constexpr uint64_t kHighs = kOnes * 0x80;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_utf8(std::string& out, uint32_t code) {
  const auto add = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | (code >> 6));
    add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | (code >> 12));
    add(0x80 | ((code >> 6) & 0x3f));
    add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | (code >> 18));
    add(0x80 | ((code >> 12) & 0x3f));
    add(0x80 | ((code >> 6) & 0x3f));
    add(0x80 | (code & 0x3f));
  }
}

uint32_t hex_value(std::string_view four_digits) {
  uint32_t value = 0;
  for (const char c : four_digits) value = value * 16 + static_cast<uint32_t>(hex_digit(c));
  return value;
}

}  // namespace

size_t find_string_break(std::string_view text, size_t from, uint64_t& high_bits) {
  if constexpr (std::endian::native == std::endian::little) {
    while (from + 8 <= text.size()) {
      uint64_t word;
      std::memcpy(&word, text.data() + from, sizeof word);
      const uint64_t quotes = word ^ (kOnes * '"');
      const uint64_t slashes = word ^ (kOnes * '\\');
      // A borrow can mark a byte wrongly, but only behind one that is marked rightly.
      const uint64_t marked = (((word - kOnes * 0x20) & ~word) | ((quotes - kOnes) & ~quotes) |
                               ((slashes - kOnes) & ~slashes)) &
                              kHighs;
      if (marked != 0) {
        const int bit = std::countr_zero(marked) - 7;
        high_bits |= word & ((uint64_t{1} << bit) - 1) & kHighs;
        return from + static_cast<size_t>(bit) / 8;
      }
      high_bits |= word & kHighs;
      from += 8;
    }
  }
  for (; from < text.size(); ++from) {
    const auto byte = static_cast<unsigned char>(text[from]);
    if (byte == '"' || byte == '\\' || byte < 0x20) break;
    high_bits |= byte & 0x80U;
  }
  return from;
}

bool is_valid_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

void JsonCursor::skip_blanks() {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
    ++position_;
  }
}

bool JsonCursor::take(char expected) {
  if (peek() != expected || is_at_end()) return false;
  ++position_;
  return true;
}

bool JsonCursor::take_word(std::string_view word) {
  if (text_.compare(position_, word.size(), word) != 0) return false;
  position_ += word.size();
  return true;
}

bool JsonCursor::take_string(JsonString& string) {
  if (!take('"')) return false;
  string = {position_, position_, false};
  uint64_t high_bits = 0;
  for (;;) {
    position_ = find_string_break(text_, position_, high_bits);
    if (is_at_end()) return false;
    if (text_[position_] == '"') break;
    if (text_[position_] != '\\') return false;
    string.has_escapes = true;
    if (!take_escape()) return false;
  }
  has_non_ascii_ = has_non_ascii_ || high_bits != 0;
  string.end = position_++;
  return true;
}

bool JsonCursor::take_escape() {
  ++position_;
  const char c = peek();
  if (c != 'u') {
    ++position_;
    return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
  }
  ++position_;
  uint32_t first = 0;
  if (!take_hex(first)) return false;
  if (first < 0xd800 || first > 0xdfff) return true;
  uint32_t second = 0;
  return first < 0xdc00 && take('\\') && take('u') && take_hex(second) && second >= 0xdc00 &&
         second <= 0xdfff;
}

bool JsonCursor::take_hex(uint32_t& value) {
  if (text_.size() - position_ < 4) return false;
  const std::string_view digits = text_.substr(position_, 4);
  for (const char c : digits) {
    if (hex_digit(c) < 0) return false;
  }
  value = hex_value(digits);
  position_ += 4;
  return true;
}

bool JsonCursor::take_digits() {
  const size_t begin = position_;
  while (position_ < text_.size() && is_digit(text_[position_])) ++position_;
  return position_ > begin;
}

bool JsonCursor::take_number() {
  const size_t begin = position_;
  take('-');
  if (!take('0') && !take_digits()) return false;
  if (take('.') && !take_digits()) return false;
  bool has_exponent = false;
  if (peek() == 'e' || peek() == 'E') {
    has_exponent = true;
    ++position_;
    if (!take('+')) take('-');
    if (!take_digits()) return false;
  }
  // Parsers disagree about numbers that no double can hold.
  constexpr size_t kSafeDigitsMax = 300;
  if (!has_exponent && position_ - begin <= kSafeDigitsMax) return true;
  double value = 0;
  const auto read = std::from_chars(text_.data() + begin, text_.data() + position_, value);
  return read.ec == std::errc() && read.ptr == text_.data() + position_;
}

std::string json_unescaped(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out.push_back(raw[i]);
      continue;
    }
    ++i;
    constexpr std::string_view kLetters = "bfnrt";
    constexpr std::string_view kMeanings = "\b\f\n\r\t";
    if (raw[i] != 'u') {
      const size_t letter = kLetters.find(raw[i]);
      out.push_back(letter == std::string_view::npos ? raw[i] : kMeanings[letter]);
      continue;
    }
    uint32_t code = hex_value(raw.substr(i + 1, 4));
    i += 4;
    if (code >= 0xd800 && code <= 0xdbff) {
      code = 0x10000 + ((code - 0xd800) << 10) + (hex_value(raw.substr(i + 3, 4)) - 0xdc00);
      i += 6;
    }
    append_utf8(out, code);
  }
  return out;
}

void append_json_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace chatgate
