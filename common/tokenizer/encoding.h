// Counts and encodes text in the tokens of OpenAI's models, equal to the npm package `tiktoken`.
// Constant data; any thread or coroutine, on less than 4 KB of stack.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/tokenizer/splitter.h"
#include "common/tokenizer/token_table.h"

namespace chatgate {

// Any bytes are a text: what is not UTF-8 counts as U+FFFD, as it does where bytes become text
// (utf8.h). Texts of special tokens, as <|endoftext|>, are plain text. Time is linear in the text;
// memory is needed for a copy of a text that is not UTF-8, and for a single piece (a word, or a run
// of blanks or symbols) of 64 bytes or more up to 5 bytes for each of its bytes.
class Encoding {
 public:
  // Of the build's tables.
  Encoding(std::string_view name, SplitRule rule, const unsigned char* table);

  std::string_view name() const { return name_; }  // cl100k_base or o200k_base
  SplitRule rule() const { return rule_; }
  const TokenTable& table() const { return table_; }

  int64_t count(std::string_view text) const;

  // The smaller of count(text) and `limit`, and little work once the limit is reached.
  int64_t count_up_to(std::string_view text, int64_t limit) const;

  std::vector<TokenRank> encode(std::string_view text) const;

  // The bytes of the tokens. Ranks that the encoding lacks, special tokens too, give none.
  std::string decode(std::span<const TokenRank> tokens) const;

 private:
  int64_t take(std::string_view text, int64_t limit, std::vector<TokenRank>* tokens) const;

  std::string_view name_;
  SplitRule rule_;
  TokenTable table_;
};

const Encoding& cl100k_base();
const Encoding& o200k_base();

}  // namespace chatgate
