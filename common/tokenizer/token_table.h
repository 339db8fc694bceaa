// The tokens of one encoding, read in place from a table that the build has made of their ranks
// (cmake/tokenizer/generate.mjs): nothing is parsed or copied when the program starts. Constant
// data; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chatgate {

// A token is known by its rank, which is also its id in the encoding: of two merges, the one to the
// lower rank goes first.
using TokenRank = uint32_t;
inline constexpr TokenRank kNoToken = UINT32_MAX;
inline constexpr TokenRank kByteTokens = 256;  // the lowest ranks are the single bytes
inline constexpr size_t kTokenBytesMax = 128;

class TokenTable {
 public:
  // `table` is one that the build has made, aligned to 4 bytes and there for ever.
  explicit TokenTable(const unsigned char* table);

  TokenRank size() const { return size_; }
  size_t length_of(TokenRank rank) const { return offsets_[rank + 1] - offsets_[rank]; }
  std::string_view bytes_of(TokenRank rank) const {
    return {bytes_ + offsets_[rank], length_of(rank)};
  }

  // The longest token with which the text begins: there always is one. REQUIRES: !text.empty()
  TokenRank longest_beginning(std::string_view text) const;

  // The longest shorter token with which this one begins. kNoToken when it is a single byte.
  TokenRank shorter(TokenRank rank) const { return shorter_[rank]; }

  // The token to which these two merge, or kNoToken.
  TokenRank merged(TokenRank left, TokenRank right) const;

  // The two tokens whose merge made this one. REQUIRES: rank >= kByteTokens.
  TokenRank left_of(TokenRank rank) const { return pairs_[rank].left; }
  TokenRank right_of(TokenRank rank) const { return pairs_[rank].right; }

 private:
  struct Pair {
    TokenRank left, right;
  };

  uint32_t child(uint32_t node, unsigned char label) const;

  TokenRank size_;
  int slot_shift_;
  uint32_t slot_mask_;
  const uint32_t* first_children_;
  const TokenRank* node_tokens_;
  const uint32_t* nodes_of_two_bytes_;
  const uint32_t* offsets_;
  const TokenRank* shorter_;
  const Pair* pairs_;
  const uint32_t* slots_;
  const unsigned char* labels_;
  const char* bytes_;
};

}  // namespace chatgate
