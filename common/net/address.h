// Network addresses as people write them in a configuration. Plain values, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

// Where to listen: "127.0.0.1:8080", "[::1]:8080", "localhost:8080", ":8080" (host is then empty:
// every address). The host comes without brackets; port 0 lets the system choose.
struct HostPort {
  std::string host;
  uint16_t port = 0;
  bool operator==(const HostPort&) const = default;
};
Result<HostPort> parse_host_port(std::string_view text);
// With brackets around an IPv6 host.
std::string format_host_port(const HostPort& address);

// An address of either family; IPv4 is kept as its IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), so
// that a client is the same one on a dual-stack socket.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const IpAddress&) const = default;
};
// "192.0.2.1", "2001:db8::1"; without zone, port or brackets.
std::optional<IpAddress> parse_ip_address(std::string_view text);

// A block of addresses: "10.0.0.0/8", "fd00::/8", or one address alone.
struct IpRange {
  IpAddress first;
  int prefix_bits = 128;

  bool contains(const IpAddress& address) const;
};
Result<IpRange> parse_ip_range(std::string_view text);

// Whether only this machine can reach what listens at "127.0.0.1:8080", "[::1]:80", "localhost:80".
bool is_loopback(std::string_view listen);
// Whether it is that, or an address that the internet does not route: of a private network (RFC
// 1918, RFC 4193) or a link (RFC 3927, RFC 4291). Not for 0.0.0.0, [::] and names but localhost.
bool is_private(std::string_view listen);

}  // namespace chatgate
