#include "common/domain/usage_record.h"

#include <array>
#include <cassert>
#include <charconv>

namespace chatgate {

std::string_view name_of(UsageStatus status) {
  constexpr std::array<std::string_view, 5> kNames{"completed", "aborted", "cut", "failed",
                                                   "interrupted"};
  const auto index = static_cast<size_t>(status);
  assert(index < kNames.size());
  return kNames[index];
}

std::string format_request_id(RequestId id) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string text = "req_0000000000000000";
  auto rest = static_cast<uint64_t>(id.value);
  for (size_t i = text.size() - 1; rest != 0; --i, rest >>= 4) text[i] = kHexDigits[rest & 15];
  return text;
}

std::optional<RequestId> parse_request_id(std::string_view text) {
  constexpr std::string_view kStart = "req_";
  constexpr size_t kDigits = 16;
  if (!text.starts_with(kStart)) return std::nullopt;
  text.remove_prefix(kStart.size());
  RequestId id;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id.value, 16);
  const bool is_whole = text.size() == kDigits && parsed.ptr == text.data() + text.size();
  if (!is_whole || parsed.ec != std::errc() || id.value < 0) return std::nullopt;
  return id;
}

}  // namespace chatgate
