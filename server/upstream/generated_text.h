// Counts the tokens of the text that a model makes, as it stands in the JSON of an answer that
// passes by; nothing of it is kept. One counter for one answer, used by one coroutine at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "common/tokenizer/streaming_token_counter.h"

namespace chatgate {

class GeneratedText {
 public:
  explicit GeneratedText(const Encoding& encoding) : counter_(encoding) {}

  // Takes what stands between the quotes of a JSON string, split at any byte, and then its end. The
  // next string goes on where this one ended. Broken escapes count as U+FFFD.
  void feed_string(std::string_view raw);
  void end_string();

  // The next string begins a text of its own.
  void end_text() { counter_.end_text(); }

  // Whether there was any text since it was asked last.
  bool take_news() { return std::exchange(has_news_, false); }
  int64_t tokens() const { return counter_.tokens(); }

 private:
  void take_escape(char c);
  void end_escape();

  StreamingTokenCounter counter_;
  bool has_news_ = false;
  std::array<char, 12> escape_{};  // the open one, or two of them that make a surrogate pair
  size_t escape_bytes_ = 0;
};

}  // namespace chatgate
