#include "server/upstream/generated_text.h"

#include <algorithm>
#include <string>

#include "server/json/json_cursor.h"

namespace chatgate {
namespace {

constexpr size_t kShortBytes = 2;    // \n
constexpr size_t kUnicodeBytes = 6;  // \u00e9

bool begins_pair(std::string_view escape) {
  const auto lower = [&](size_t i) { return escape[i] | 0x20; };
  return lower(2) == 'd' &&
         (escape[3] == '8' || escape[3] == '9' || lower(3) == 'a' || lower(3) == 'b');
}

}  // namespace

void GeneratedText::feed_string(std::string_view raw) {
  has_news_ = has_news_ || !raw.empty();
  while (!raw.empty()) {
    if (escape_bytes_ > 0) {
      take_escape(raw.front());
      raw.remove_prefix(1);
      continue;
    }
    const size_t plain = std::min(raw.find('\\'), raw.size());
    counter_.feed(raw.substr(0, plain));
    raw.remove_prefix(plain);
    if (raw.empty()) return;
    escape_[escape_bytes_++] = '\\';
    raw.remove_prefix(1);
  }
}

void GeneratedText::end_string() {
  if (escape_bytes_ > 0) end_escape();
}

void GeneratedText::take_escape(char c) {
  // Half a pair without its other half, and then something else.
  if (escape_bytes_ == kUnicodeBytes && c != '\\') {
    end_escape();
    counter_.feed({&c, 1});
    return;
  }
  escape_[escape_bytes_++] = c;
  const bool is_unicode = escape_[1] == 'u';
  if (escape_bytes_ == kShortBytes && !is_unicode) return end_escape();
  if (escape_bytes_ == kUnicodeBytes && !begins_pair({escape_.data(), kUnicodeBytes})) {
    return end_escape();
  }
  if (escape_bytes_ == kUnicodeBytes + kShortBytes && c != 'u') {
    escape_bytes_ = kUnicodeBytes;
    end_escape();
    escape_[escape_bytes_++] = '\\';
    return take_escape(c);
  }
  if (escape_bytes_ == escape_.size()) end_escape();
}

void GeneratedText::end_escape() {
  const std::string_view escape(escape_.data(), escape_bytes_);
  escape_bytes_ = 0;
  const std::string quoted = '"' + std::string(escape) + '"';
  JsonCursor cursor(quoted);
  JsonString string;
  const bool is_valid = cursor.take_string(string) && cursor.is_at_end();
  counter_.feed(is_valid ? json_unescaped(escape) : "\uFFFD");
}

}  // namespace chatgate
