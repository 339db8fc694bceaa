#include "server/guard/client_address.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("X-Forwarded-For counts only from a trusted proxy", "[client_address]") {
  const std::vector<IpRange> trusted{*parse_ip_range("10.0.0.0/8"), *parse_ip_range("::1")};
  CHECK(client_address("192.0.2.1", "198.51.100.7", trusted) == "192.0.2.1");
  CHECK(client_address("10.0.0.1", "198.51.100.7", trusted) == "198.51.100.7");
  CHECK(client_address("::1", "198.51.100.7", trusted) == "198.51.100.7");
  CHECK(client_address("10.0.0.1", "", trusted) == "10.0.0.1");
  CHECK(client_address("10.0.0.1", "198.51.100.7", {}) == "10.0.0.1");
}

TEST_CASE("what a client forged stands before what the proxies saw", "[client_address]") {
  const std::vector<IpRange> trusted{*parse_ip_range("10.0.0.0/8")};
  CHECK(client_address("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.9", trusted) == "198.51.100.7");
  CHECK(client_address("10.0.0.1", "1.2.3.4, garbage", trusted) == "10.0.0.1");
  CHECK(client_address("10.0.0.1", "10.0.0.3,10.0.0.2", trusted) == "10.0.0.3");
}

}  // namespace
}  // namespace chatgate
