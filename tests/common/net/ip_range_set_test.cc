#include "common/net/ip_range_set.h"

#include <catch2/catch_all.hpp>
#include <random>

namespace chatgate {
namespace {

IpRangeSet set_of(const std::vector<std::string>& texts) {
  auto set = parse_ip_ranges(texts);
  REQUIRE(set);
  return *std::move(set);
}

bool contains(const IpRangeSet& set, const char* address) {
  return set.contains(parse_ip_address(address).value());
}

TEST_CASE("blocks and single addresses of both families", "[ip_range_set]") {
  const IpRangeSet set =
      set_of({"10.1.0.0/16", "192.0.2.7", "2001:db8::/32", "fd00::1", "10.1.2.0/24"});
  CHECK(contains(set, "10.1.0.0"));
  CHECK(contains(set, "10.1.255.255"));
  CHECK_FALSE(contains(set, "10.0.255.255"));
  CHECK_FALSE(contains(set, "10.2.0.0"));
  CHECK(contains(set, "192.0.2.7"));
  CHECK_FALSE(contains(set, "192.0.2.8"));
  CHECK(contains(set, "2001:db8:ffff::1"));
  CHECK_FALSE(contains(set, "2001:db9::"));
  CHECK(contains(set, "fd00::1"));
  CHECK_FALSE(contains(set, "fd00::2"));
  CHECK(contains(set, "::ffff:10.1.9.9"));  // the same client on a dual-stack socket
}

TEST_CASE("the bits behind a prefix do not matter", "[ip_range_set]") {
  const IpRangeSet set = set_of({"10.1.2.3/8"});
  CHECK(contains(set, "10.0.0.0"));
  CHECK(contains(set, "10.255.255.255"));
}

TEST_CASE("everything and nothing", "[ip_range_set]") {
  CHECK(IpRangeSet().empty());
  CHECK_FALSE(contains(IpRangeSet(), "192.0.2.1"));
  const IpRangeSet all_v4 = set_of({"0.0.0.0/0"});
  CHECK(contains(all_v4, "255.255.255.255"));
  CHECK(contains(all_v4, "0.0.0.0"));
  CHECK_FALSE(contains(all_v4, "2001:db8::1"));
  CHECK(contains(set_of({"::/0"}), "192.0.2.1"));
  CHECK_FALSE(parse_ip_ranges({"10.0.0.0/8", "10.0.0.0/33"}));
}

TEST_CASE("a set of many blocks answers as its blocks do", "[ip_range_set]") {
  std::mt19937 random(Catch::getSeed());
  // A small world, so that blocks overlap and addresses hit them.
  const auto random_address = [&] {
    IpAddress address = *parse_ip_address(random() % 2 == 0 ? "10.0.0.0" : "2001:db8::");
    for (const size_t i : {13U, 14U, 15U}) address.bytes.at(i) = static_cast<uint8_t>(random() % 8);
    return address;
  };
  std::vector<IpRange> ranges;
  for (int i = 0; i < 300; ++i) {
    ranges.push_back({random_address(), 110 + static_cast<int>(random() % 19)});
    if (ranges.back().prefix_bits < 120) ranges.back().prefix_bits += 8;
  }
  const IpRangeSet set(ranges);
  int inside = 0;
  for (int i = 0; i < 20'000; ++i) {
    const IpAddress address = random_address();
    const bool expected =
        std::ranges::any_of(ranges, [&](const IpRange& range) { return range.contains(address); });
    inside += expected ? 1 : 0;
    REQUIRE(set.contains(address) == expected);
  }
  CHECK(inside > 0);
  CHECK(inside < 20'000);
}

}  // namespace
}  // namespace chatgate
