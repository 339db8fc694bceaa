#include "server/transport/connection_places.h"

#include <cassert>

namespace chatgate {

bool ConnectionPlaces::take(const std::string& ip, const ConnectionLimits& limits) {
  if (try_to_take(ip, limits)) return true;
  if (!look_) return false;
  look_();
  return try_to_take(ip, limits);
}

bool ConnectionPlaces::try_to_take(const std::string& ip, const ConnectionLimits& limits) {
  const std::lock_guard lock(mutex_);
  if (limits.connections_max > 0 && count_ >= limits.connections_max) return false;
  const auto found = per_ip_.find(ip);
  const int64_t of_ip = found == per_ip_.end() ? 0 : found->second;
  if (limits.connections_per_ip_max > 0 && of_ip >= limits.connections_per_ip_max) return false;
  ++count_;
  ++per_ip_[ip];
  return true;
}

void ConnectionPlaces::give_back(const std::string& ip) {
  const std::lock_guard lock(mutex_);
  const auto found = per_ip_.find(ip);
  assert(found != per_ip_.end() && found->second > 0 && count_ > 0);
  if (--found->second == 0) per_ip_.erase(found);
  --count_;
}

}  // namespace chatgate
