// Frames as a WebSocket's client sends them, right ones and wrong ones, for tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chatgate {

struct ClientFrame {
  uint8_t opcode = 1;
  std::string payload = {};
  bool is_final = true;
  uint8_t reserved_bits = 0;  // the three of them as a number
  bool is_masked = true;
  int length_bytes = -1;                  // 0, 2 or 8 in place of as few as it takes
  std::optional<uint64_t> declared = {};  // another length than the payload's
};

inline std::string bytes_of(const ClientFrame& frame) {
  constexpr std::string_view kMask = "\x11\x82\xF3\x44";
  const uint64_t length = frame.declared.value_or(frame.payload.size());
  const int length_bytes = frame.length_bytes >= 0 ? frame.length_bytes
                           : length < 126          ? 0
                           : length < 65'536       ? 2
                                                   : 8;
  std::string bytes;
  bytes += static_cast<char>((frame.is_final ? 0x80 : 0) | frame.reserved_bits << 4 | frame.opcode);
  const auto short_length = length_bytes == 0 ? length : length_bytes == 2 ? 126U : 127U;
  bytes += static_cast<char>((frame.is_masked ? 0x80U : 0U) | short_length);
  for (int i = length_bytes - 1; i >= 0; --i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
  if (!frame.is_masked) return bytes + frame.payload;
  bytes += kMask;
  for (size_t i = 0; i < frame.payload.size(); ++i) {
    bytes += static_cast<char>(frame.payload[i] ^ kMask[i % 4]);
  }
  return bytes;
}

inline std::string close_payload(int code, std::string_view reason = {}) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return payload.append(reason);
}

}  // namespace chatgate
