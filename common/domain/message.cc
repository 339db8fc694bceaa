#include "common/domain/message.h"

#include <sodium.h>

#include <array>
#include <cstdlib>

namespace chatgate {
namespace {

constexpr std::array<std::string_view, 3> kRoles{"system", "user", "assistant"};

// Without its random source the program must not go on: ids must not be guessable.
void require_sodium() {
  static const int status = sodium_init();
  if (status < 0) std::abort();
}

}  // namespace

std::string_view name_of(Role role) { return kRoles.at(static_cast<size_t>(role)); }

std::optional<Role> parse_role(std::string_view text) {
  for (size_t i = 0; i < kRoles.size(); ++i) {
    if (kRoles[i] == text) return static_cast<Role>(i);
  }
  return std::nullopt;
}

std::string generate_uuid() {
  require_sodium();
  std::array<uint8_t, 16> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);  // the RFC's variant
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

}  // namespace chatgate
