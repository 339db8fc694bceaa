// The doors as the label `door` names them. A new door is a word here, before `other`, which counts
// what is missing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace chatgate {

inline constexpr std::array<std::string_view, 10> kDoorNames{
    "none", "v1", "agent", "web", "ask", "platform", "bot", "health", "docs", "other"};

// `door` as a route or the access log calls it; empty where none leads.
constexpr size_t door_index(std::string_view door) {
  if (door.empty()) return 0;
  const auto found = std::find(kDoorNames.begin(), kDoorNames.end(), door);
  return found == kDoorNames.end() ? kDoorNames.size() - 1
                                   : static_cast<size_t>(found - kDoorNames.begin());
}

}  // namespace chatgate
