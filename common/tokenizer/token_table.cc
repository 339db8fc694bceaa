// The layout and the hash function are those of tokenTable() in cmake/tokenizer/generate.mjs.
#include "common/tokenizer/token_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace chatgate {
namespace {

static_assert(std::endian::native == std::endian::little, "the tables are little-endian");

constexpr uint32_t kMagic = 0x31425443;  // "CTB1"
constexpr uint32_t kRankBits = 18;
constexpr uint32_t kRankMask = (1U << kRankBits) - 1;
constexpr uint32_t kRoot = 0;  // no node's child
constexpr size_t kPairsOfBytes = 65536;

struct Header {
  uint32_t magic, tokens, nodes, slots;
};

uint32_t hash_of(TokenRank left, TokenRank right) {
  uint32_t hash = left * 0x9E3779B1U ^ right * 0x85EBCA6BU;
  hash ^= hash >> 15;
  hash *= 0xC2B2AE35U;
  return hash ^ hash >> 16;
}

}  // namespace

TokenTable::TokenTable(const unsigned char* table) {
  Header header;
  std::memcpy(&header, table, sizeof header);
  assert(header.magic == kMagic);
  assert(std::has_single_bit(header.slots) && header.tokens < header.slots);
  size_ = header.tokens;
  slot_shift_ = 32 - std::countr_zero(header.slots);
  slot_mask_ = header.slots - 1;
  first_children_ = reinterpret_cast<const uint32_t*>(table + sizeof header);
  node_tokens_ = first_children_ + header.nodes + 1;
  nodes_of_two_bytes_ = node_tokens_ + header.nodes;
  offsets_ = nodes_of_two_bytes_ + kPairsOfBytes;
  shorter_ = offsets_ + size_ + 1;
  pairs_ = reinterpret_cast<const Pair*>(shorter_ + size_);
  slots_ = reinterpret_cast<const uint32_t*>(pairs_ + size_);
  labels_ = reinterpret_cast<const unsigned char*>(slots_ + header.slots);
  bytes_ = reinterpret_cast<const char*>(labels_ + header.nodes);
}

TokenRank TokenTable::longest_beginning(std::string_view text) const {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  TokenRank longest = node_tokens_[kRoot + 1 + byte(0)];  // the children of the root are all bytes
  if (text.size() == 1) return longest;
  uint32_t node = nodes_of_two_bytes_[byte(0) | byte(1) << 8];
  for (size_t at = 2; node != kRoot; ++at) {
    if (node_tokens_[node] != kNoToken) longest = node_tokens_[node];
    if (at == text.size()) break;
    node = child(node, byte(at));
  }
  return longest;
}

uint32_t TokenTable::child(uint32_t node, unsigned char label) const {
  const unsigned char* begin = labels_ + first_children_[node];
  const unsigned char* end = labels_ + first_children_[node + 1];
  const unsigned char* found = std::find(begin, end, label);
  return found == end ? kRoot : static_cast<uint32_t>(found - labels_);
}

TokenRank TokenTable::merged(TokenRank left, TokenRank right) const {
  const uint32_t hash = hash_of(left, right);
  for (uint32_t at = hash >> slot_shift_; slots_[at] != 0; at = (at + 1) & slot_mask_) {
    if ((slots_[at] ^ hash << kRankBits) >> kRankBits != 0) continue;
    const TokenRank rank = (slots_[at] & kRankMask) - 1;
    if (pairs_[rank].left == left && pairs_[rank].right == right) return rank;
  }
  return kNoToken;
}

}  // namespace chatgate
