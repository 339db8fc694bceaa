// Byte pair encoding is defined as: begin with the single bytes, and as long as two neighbours make
// a token, merge those that make the one of the lowest rank, the leftmost of equals. Done so, a
// piece of n bytes costs n^2, or n log n with a heap as large as the piece.
//
// DESIGN. The encoding is known by a property that can be checked at each boundary alone: tokens
// t1 t2 ... that spell the piece are its encoding exactly when each two neighbours, encoded
// together, are still these two. For a merge across a boundary has to happen between parts of the
// two tokens beside it, and until the first such merge both sides proceed as they would by
// themselves. So no prefix of a piece has two encodings, and a search from left to right that keeps
// this property finds the only one: try the longest token first, then shorter ones; where none
// fits, mark the place as no boundary of the encoding, and step back. Each place is entered at most
// once, so the search is linear. Where the text repeats the last token, that one is tried first:
// the longest would be wrong again and again in a long line of dashes.
//
// Merges are looked up by the two tokens, not by their bytes: a token comes about in one way only,
// from the two into which its bytes are encoded by the tokens of lower rank. That there always are
// two the build checks for each token.
#include "common/tokenizer/piece_encoder.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace chatgate {
namespace {

constexpr size_t kSmallPieceBytes = 64;

// Whether two tokens side by side are still these two when they are encoded together. Goes back in
// time: undoes the later of the two tokens' own merges, and asks each time whether what then lay at
// their boundary would have merged before that.
bool stay_apart(const TokenTable& table, TokenRank left, TokenRank right) {
  TokenRank limit = kNoToken;  // a merge across the boundary to a rank below this goes first
  while (true) {
    if (table.merged(left, right) < limit) return false;
    if (std::max(left, right) < kByteTokens) return true;
    if (left > right) {
      limit = left;
      left = table.right_of(left);
    } else {  // of two merges to the same token the left one goes first, also before the right one
      limit = right + 1;
      right = table.left_of(right);
    }
  }
}

// Fills `tokens`, which has room for one for each byte of the piece. `dead` has room for a flag for
// each place in it, the end included, all false.
template <typename Tokens, typename Flags>
size_t search(const TokenTable& table, std::string_view piece, Tokens& tokens, Flags& dead) {
  size_t count = 0, at = 0;
  const auto longest = [&] { return table.longest_beginning(piece.substr(at)); };
  bool is_repetition = false;  // `next` is tried out of turn, as it is the token before once more
  TokenRank next = longest();
  while (true) {
    if (next == kNoToken) {
      assert(count > 0 && "every piece has an encoding");
      dead[at] = true;
      const TokenRank last = tokens[--count];
      at -= table.length_of(last);
      next = count > 0 && last == tokens[count - 1] ? longest() : table.shorter(last);
      continue;
    }
    const size_t end = at + table.length_of(next);
    if (dead[end] || (count > 0 && !stay_apart(table, tokens[count - 1], next))) {
      next = is_repetition ? longest() : table.shorter(next);
      is_repetition = false;
      continue;
    }
    tokens[count++] = next;
    at = end;
    if (at == piece.size()) return count;
    is_repetition = piece.substr(at).starts_with(table.bytes_of(next));
    if (!is_repetition) next = longest();
  }
}

int64_t append(const TokenRank* found, size_t count, std::vector<TokenRank>* tokens) {
  if (tokens != nullptr) tokens->insert(tokens->end(), found, found + count);
  return static_cast<int64_t>(count);
}

}  // namespace

int64_t encode_piece(const TokenTable& table, std::string_view piece,
                     std::vector<TokenRank>* tokens) {
  const TokenRank first = table.longest_beginning(piece);
  if (table.length_of(first) == piece.size()) return append(&first, 1, tokens);
  if (piece.size() < kSmallPieceBytes) {
    std::array<TokenRank, kSmallPieceBytes> found;
    std::array<bool, kSmallPieceBytes> dead{};
    return append(found.data(), search(table, piece, found, dead), tokens);
  }
  std::vector<TokenRank> found(piece.size());
  std::vector<bool> dead(piece.size() + 1);
  return append(found.data(), search(table, piece, found, dead), tokens);
}

}  // namespace chatgate
