// Encodes one piece of a text by byte pairs, in time linear in its length. Pure; any thread; takes
// less than 1 KB of the stack.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/tokenizer/token_table.h"

namespace chatgate {

// Appends the piece's tokens to `tokens`, unless that is null, and returns their number. For a
// piece of 64 bytes or more it allocates up to 5 bytes for each of the piece's.
int64_t encode_piece(const TokenTable& table, std::string_view piece,
                     std::vector<TokenRank>* tokens);

}  // namespace chatgate
