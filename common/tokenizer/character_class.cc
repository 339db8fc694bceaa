#include "common/tokenizer/character_class.h"

#include <bit>

// Of tables.S: see characterClasses() in cmake/tokenizer/generate.mjs.
extern "C" const unsigned char chatgate_character_classes[];

namespace chatgate {
namespace {

constexpr size_t kBlockCodePoints = 128;
constexpr size_t kBlocks = 0x110000 / kBlockCodePoints;
static_assert(std::endian::native == std::endian::little, "the tables are little-endian");

uint8_t class_of(uint32_t code_point) {
  const auto* index = reinterpret_cast<const uint16_t*>(chatgate_character_classes);
  const auto* blocks = chatgate_character_classes + kBlocks * sizeof(uint16_t);
  const size_t block = index[code_point / kBlockCodePoints];
  return blocks[block * kBlockCodePoints + code_point % kBlockCodePoints];
}

}  // namespace

Character character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const auto tail = [&](size_t i) { return byte(i) & 0x3FU; };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {class_of(lead), 1};
  if (lead < 0xE0) return {class_of((lead & 0x1FU) << 6 | tail(1)), 2};
  if (lead < 0xF0) return {class_of((lead & 0x0FU) << 12 | tail(1) << 6 | tail(2)), 3};
  return {class_of((lead & 0x07U) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3)), 4};
}

}  // namespace chatgate
