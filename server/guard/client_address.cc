#include "server/guard/client_address.h"

#include <algorithm>
#include <ranges>

#include "server/transport/character_class.h"

namespace chatgate {
namespace {

bool is_trusted(std::string_view address, const IpRangeSet& ranges) {
  if (ranges.empty()) return false;
  const auto parsed = parse_client_address(address);
  return parsed && ranges.contains(*parsed);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "192.0.2.1:4711" -> "192.0.2.1", "[2001:db8::1]:4711" -> "2001:db8::1".
std::string_view without_port(std::string_view hop) {
  if (hop.starts_with('[')) return hop.substr(1, std::min(hop.find(']'), hop.size()) - 1);
  const size_t colon = hop.find(':');
  return colon == hop.rfind(':') ? hop.substr(0, colon) : hop;  // IPv6 has more than one
}

// Follows one header line from its end as long as proxies that are trusted wrote it. False: what
// stands before it does not count.
bool follow(std::string_view& address, std::string_view line, const IpRangeSet& trusted) {
  while (is_trusted(address, trusted)) {
    if (trimmed(line).empty()) return true;
    const size_t comma = line.rfind(',');
    const bool is_last = comma == std::string_view::npos;
    const auto hop = without_port(trimmed(is_last ? line : line.substr(comma + 1)));
    line = is_last ? std::string_view{} : line.substr(0, comma);
    if (!parse_client_address(hop)) return false;
    address = hop;
  }
  return false;
}

}  // namespace

std::optional<IpAddress> parse_client_address(std::string_view text) {
  return parse_ip_address(text.substr(0, text.find('%')));
}

std::string_view client_address(std::string_view peer, std::string_view forwarded_for,
                                const IpRangeSet& trusted_proxies) {
  follow(peer, forwarded_for, trusted_proxies);
  return peer;
}

std::string_view client_address(std::string_view peer, const RequestHead& head,
                                const IpRangeSet& trusted_proxies) {
  constexpr std::string_view kHeader = "x-forwarded-for";
  for (const auto& field : head.fields | std::views::reverse) {
    const bool is_hops = equals_lower(field.name, kHeader);
    if (is_hops && !follow(peer, field.value, trusted_proxies)) break;
  }
  return peer;
}

}  // namespace chatgate
