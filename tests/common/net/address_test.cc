#include "common/net/address.h"

#include <catch2/catch_all.hpp>

using namespace chatgate;

TEST_CASE("addresses to listen on") {
  CHECK(parse_host_port("127.0.0.1:8080") == HostPort{"127.0.0.1", 8080});
  CHECK(parse_host_port("[::1]:0") == HostPort{"::1", 0});
  CHECK(parse_host_port(":65535") == HostPort{"", 65'535});
  CHECK(parse_host_port("localhost:80") == HostPort{"localhost", 80});
  CHECK(format_host_port({"::1", 8080}) == "[::1]:8080");
}

TEST_CASE("addresses that nobody can listen on") {
  for (const char* text :
       {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "1.2.3.4:-1", "::1:80", "[::1]",
        "[::1:80", "[localhost]:80", "1.2.3:80", "999.1.1.1:80", "a b:80", "http://x:80"}) {
    INFO(text);
    const auto address = parse_host_port(text);
    REQUIRE_FALSE(address);
    CHECK_THAT(address.error().message, Catch::Matchers::ContainsSubstring("127.0.0.1:8080"));
  }
}

TEST_CASE("blocks of addresses contain their own") {
  const auto contains = [](const char* range, const char* address) {
    return parse_ip_range(range)->contains(*parse_ip_address(address));
  };
  CHECK(contains("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
  CHECK(contains("192.168.1.128/25", "192.168.1.200"));
  CHECK_FALSE(contains("192.168.1.128/25", "192.168.1.100"));
  CHECK(contains("192.0.2.1", "192.0.2.1"));
  CHECK_FALSE(contains("192.0.2.1", "192.0.2.2"));
  CHECK(contains("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  CHECK(contains("fd00::/8", "fd12::1"));
  CHECK(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  CHECK(contains("::/0", "2001:db8::1"));
}

TEST_CASE("what is no block of addresses") {
  for (const char* text : {"", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0/8", "host/8",
                           "10.0.0.0/-1", "10.0.0.0/8x"}) {
    INFO(text);
    CHECK_FALSE(parse_ip_range(text));
  }
}
