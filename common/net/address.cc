#include "common/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

std::optional<int> parse_number(std::string_view text, int max) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = !text.empty() && text.front() != '-' && error == std::errc{} &&
                         end == text.data() + text.size() && number <= max;
  return is_number ? std::optional<int>(number) : std::nullopt;
}

// RFC 1123 names and IPv4 addresses; the underscore is for container networks.
bool is_host_name(std::string_view host) {
  return host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

bool is_only_digits_and_dots(std::string_view host) {
  return !host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::kInvalidArgument, quote(text) + " is not an address to listen on (" +
                                                 std::string(why) +
                                                 "); write 127.0.0.1:8080, [::1]:8080 or :8080");
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("it has no port");
  const auto port = parse_number(text.substr(colon + 1), 65'535);
  if (!port) return refuse("the port is not a number from 0 to 65535");
  std::string_view host = text.substr(0, colon);
  const auto ip_or_name = [&]() -> std::string_view {
    if (host.starts_with('[') && host.ends_with(']')) {
      host = host.substr(1, host.size() - 2);
      const bool is_v6 = host.find(':') != std::string_view::npos && parse_ip_address(host);
      return is_v6 ? "" : "the part in brackets is not an IPv6 address";
    }
    if (host.find(':') != std::string_view::npos) return "an IPv6 address needs brackets";
    if (!is_host_name(host)) return "the host has characters that no name has";
    if (is_only_digits_and_dots(host) && !parse_ip_address(host)) return "no such IPv4 address";
    return "";
  };
  if (const std::string_view problem = ip_or_name(); !problem.empty()) return refuse(problem);
  return HostPort{std::string(host), static_cast<uint16_t>(*port)};
}

std::string format_host_port(const HostPort& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + address.host + "]" : address.host;
  return host + ":" + std::to_string(address.port);
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  const std::string copy(text);
  IpAddress address;
  if (copy.size() != std::string_view(copy.c_str()).size()) return std::nullopt;
  if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data() + 12) != 1) return std::nullopt;
  std::fill_n(address.bytes.begin(), 10, uint8_t{0});
  address.bytes[10] = address.bytes[11] = 0xff;
  return address;
}

bool IpRange::contains(const IpAddress& address) const {
  for (int bit = 0; bit < prefix_bits; bit += 8) {
    const auto i = static_cast<size_t>(bit / 8);
    const int kept = std::min(8, prefix_bits - bit);
    const int mask = 0xff << (8 - kept) & 0xff;
    if (((first.bytes[i] ^ address.bytes[i]) & mask) != 0) return false;
  }
  return true;
}

Result<IpRange> parse_ip_range(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = parse_ip_address(text.substr(0, slash));
  if (!address) {
    return fail(ErrorCode::kInvalidArgument,
                quote(text) +
                    " is not an address or a block of them; write 192.0.2.1, 10.0.0.0/8 "
                    "or fd00::/8");
  }
  if (slash == std::string_view::npos) return IpRange{*address, 128};
  const bool is_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  const int bits_max = is_v4 ? 32 : 128;
  const auto bits = parse_number(text.substr(slash + 1), bits_max);
  if (!bits) {
    return fail(ErrorCode::kInvalidArgument,
                quote(text) + ": the part after / must be 0 to " + std::to_string(bits_max));
  }
  return IpRange{*address, is_v4 ? *bits + 96 : *bits};
}

bool is_loopback(std::string_view listen) {
  const auto address = parse_host_port(listen);
  if (!address || address->host == "localhost") return address.has_value();
  const auto ip = parse_ip_address(address->host);
  return ip && (parse_ip_range("127.0.0.0/8")->contains(*ip) || ip == parse_ip_address("::1"));
}

bool is_private(std::string_view listen) {
  constexpr std::array<std::string_view, 6> kBlocks{
      "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"};
  if (is_loopback(listen)) return true;
  const auto address = parse_host_port(listen);
  const auto ip = address ? parse_ip_address(address->host) : std::nullopt;
  return ip && std::any_of(kBlocks.begin(), kBlocks.end(), [&](std::string_view block) {
           return parse_ip_range(block)->contains(*ip);
         });
}

}  // namespace chatgate
