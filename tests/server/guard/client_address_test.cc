#include "server/guard/client_address.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

IpRangeSet set_of(const std::vector<std::string>& texts) { return *parse_ip_ranges(texts); }

std::string_view of_lines(std::string_view peer, const std::vector<std::string>& lines,
                          const IpRangeSet& trusted) {
  RequestHead head;
  for (const auto& line : lines) head.fields.push_back({"X-Forwarded-For", line});
  return client_address(peer, head, trusted);
}

TEST_CASE("X-Forwarded-For counts only from a trusted proxy", "[client_address]") {
  const IpRangeSet trusted = set_of({"10.0.0.0/8", "::1"});
  CHECK(client_address("192.0.2.1", "198.51.100.7", trusted) == "192.0.2.1");
  CHECK(client_address("10.0.0.1", "198.51.100.7", trusted) == "198.51.100.7");
  CHECK(client_address("::1", "198.51.100.7", trusted) == "198.51.100.7");
  CHECK(client_address("10.0.0.1", "", trusted) == "10.0.0.1");
  CHECK(client_address("10.0.0.1", "198.51.100.7", {}) == "10.0.0.1");
}

TEST_CASE("what a client forged stands before what the proxies saw", "[client_address]") {
  const IpRangeSet trusted = set_of({"10.0.0.0/8"});
  CHECK(client_address("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.9", trusted) == "198.51.100.7");
  CHECK(client_address("10.0.0.1", "1.2.3.4, garbage", trusted) == "10.0.0.1");
  CHECK(client_address("10.0.0.1", "10.0.0.3,10.0.0.2", trusted) == "10.0.0.3");
}

TEST_CASE("a proxy may write a line of its own", "[client_address]") {
  const IpRangeSet trusted = set_of({"10.0.0.0/8"});
  CHECK(of_lines("10.0.0.1", {"1.2.3.4", "198.51.100.7"}, trusted) == "198.51.100.7");
  CHECK(of_lines("10.0.0.1", {"1.2.3.4, 198.51.100.7", "10.0.0.9"}, trusted) == "198.51.100.7");
  CHECK(of_lines("10.0.0.1", {"1.2.3.4", ""}, trusted) == "1.2.3.4");
  CHECK(of_lines("10.0.0.1", {"1.2.3.4", "garbage"}, trusted) == "10.0.0.1");
  CHECK(of_lines("192.0.2.1", {"1.2.3.4"}, trusted) == "192.0.2.1");
  CHECK(of_lines("10.0.0.1", {}, trusted) == "10.0.0.1");
}

TEST_CASE("hops with ports, brackets and zones", "[client_address]") {
  const IpRangeSet trusted = set_of({"10.0.0.0/8", "fe80::/10"});
  CHECK(client_address("10.0.0.1", "198.51.100.7:4711", trusted) == "198.51.100.7");
  CHECK(client_address("10.0.0.1", "[2001:db8::1]:4711", trusted) == "2001:db8::1");
  CHECK(client_address("10.0.0.1", "[2001:db8::1]", trusted) == "2001:db8::1");
  CHECK(client_address("10.0.0.1", "2001:db8::1", trusted) == "2001:db8::1");
  CHECK(client_address("fe80::1%eth0", "198.51.100.7", trusted) == "198.51.100.7");
  CHECK(client_address("10.0.0.1", "[", trusted) == "10.0.0.1");
  CHECK(client_address("10.0.0.1", ":", trusted) == "10.0.0.1");
}

}  // namespace
}  // namespace chatgate
