#include "common/domain/usage_record.h"

#include <array>
#include <cassert>

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

}  // namespace chatgate
