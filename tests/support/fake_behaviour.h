// How a FakeUpstream is told to answer one request: words joined by `+`, taken from the request's
// model name or from the queue. The words are listed at the top of fake_upstream.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace chatgate {

class FakeBehaviour {
 public:
  // Words that are not listed are ignored, so that any model name is a behaviour.
  static FakeBehaviour parse(std::string_view text);

  bool has(std::string_view word) const { return words_.contains(std::string(word)); }
  // The number behind a word, `gap-20` -> 20.
  int64_t number(std::string_view word, int64_t otherwise) const;
  // Adds the words of `other`; its numbers win.
  void add(const FakeBehaviour& other);

  int64_t prompt_tokens = 13;  // set by `usage-PROMPT-COMPLETION`
  int64_t completion_tokens = 9;

 private:
  void add_word(std::string_view word);

  std::map<std::string, int64_t> words_;
};

}  // namespace chatgate
