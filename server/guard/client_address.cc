#include "server/guard/client_address.h"

#include <algorithm>

namespace chatgate {
namespace {

bool is_trusted(std::string_view address, const std::vector<IpRange>& ranges) {
  const auto parsed = parse_ip_address(address);
  return parsed && std::any_of(ranges.begin(), ranges.end(),
                               [&](const IpRange& range) { return range.contains(*parsed); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string client_address(const std::string& peer, std::string_view forwarded_for,
                           const std::vector<IpRange>& trusted_proxies) {
  std::string address = peer;
  while (!forwarded_for.empty() && is_trusted(address, trusted_proxies)) {
    const size_t comma = forwarded_for.rfind(',');
    const bool is_last = comma == std::string_view::npos;
    const auto hop = trimmed(is_last ? forwarded_for : forwarded_for.substr(comma + 1));
    forwarded_for = is_last ? std::string_view{} : forwarded_for.substr(0, comma);
    if (!parse_ip_address(hop)) break;
    address = hop;
  }
  return address;
}

}  // namespace chatgate
