// The tokens of a JSON text (RFC 8259) that is in memory as a whole, read in place and strictly,
// for readers that want a few members and no tree. A cursor belongs to one reader; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chatgate {

// A string's place in the text, between its quotes.
struct JsonString {
  size_t begin = 0;
  size_t end = 0;
  bool has_escapes = false;
};

class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  size_t position() const { return position_; }
  bool is_at_end() const { return position_ == text_.size(); }
  char peek() const { return is_at_end() ? '\0' : text_[position_]; }
  std::string_view rest() const { return text_.substr(position_); }
  std::string_view text_of(const JsonString& string) const {
    return text_.substr(string.begin, string.end - string.begin);
  }
  // Whether any string had a byte of 0x80 or more: then the text must still be checked for UTF-8.
  bool has_non_ascii() const { return has_non_ascii_; }

  void skip_blanks();
  bool take(char expected);
  // Each stands before a token of its kind and moves behind it; false when it is broken. Escapes
  // are checked, also that surrogates come in pairs, but not UTF-8.
  bool take_string(JsonString& string);
  bool take_number();
  bool take_word(std::string_view word);

 private:
  bool take_escape();
  bool take_hex(uint32_t& value);
  bool take_digits();

  std::string_view text_;
  size_t position_ = 0;
  bool has_non_ascii_ = false;
};

// What the inside of a valid string means. REQUIRES: `raw` went through JsonCursor::take_string.
std::string json_unescaped(std::string_view raw);

// Appends `text` the way it stands between the quotes of a JSON string.
void append_json_escaped(std::string& out, std::string_view text);

// The position of the first byte at or after `from` that ends or interrupts a string: a quote, a
// backslash or a control character; the size when there is none. `high_bits` collects, by OR, the
// bytes that were passed over.
size_t find_string_break(std::string_view text, size_t from, uint64_t& high_bits);

bool is_valid_utf8(std::string_view text);

}  // namespace chatgate
