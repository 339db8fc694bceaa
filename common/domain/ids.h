// Identities as distinct types: a UserId never passes for a TokenId. Plain values, any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace chatgate {

template <class Tag>
struct Id {
  int64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

using UserId = Id<struct UserTag>;
using TokenId = Id<struct TokenTag>;
using PriceId = Id<struct PriceTag>;

// A request's identity, its time of arrival and its key in the books at once: milliseconds since
// 1970 shifted left by kRequestIdTimeShift, then a serial number. Later requests have greater ids.
using RequestId = Id<struct RequestTag>;
inline constexpr int kRequestIdTimeShift = 20;
// Two processes may serve one database for a while: a new version, and the one whose place it has
// taken. Each makes ids of a lane of its own, the serial number's lowest bit.
inline constexpr int64_t kRequestLanes = 2;
inline constexpr int64_t lane_of(RequestId id) { return id.value & (kRequestLanes - 1); }

}  // namespace chatgate

template <class Tag>
struct std::hash<chatgate::Id<Tag>> {
  size_t operator()(const chatgate::Id<Tag>& id) const noexcept {
    return std::hash<int64_t>{}(id.value);
  }
};
