#include <algorithm>
#include <catch2/catch_all.hpp>
#include <random>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace chatgate {
namespace {

// A few bytes changed, cut out, repeated or put in.
std::string mutated(std::string bytes, std::mt19937& random) {
  const auto below = [&](size_t bound) { return random() % std::max<size_t>(bound, 1); };
  for (size_t edits = 1 + below(4); edits > 0; --edits) {
    const size_t at = below(bytes.size());
    const size_t length = below(std::min<size_t>(bytes.size() - at, 16) + 1);
    switch (below(5)) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 3:
        bytes.insert(at, 1, "\r\n\"{}[]:,\\ 0"[below(12)]);
        break;
      default:
        bytes.resize(below(bytes.size() + 1));
    }
  }
  return bytes;
}

TEST_CASE("fuzz targets hold for mutated samples", "[fuzz]") {
  constexpr int kMutationsEach = 3000;
  REQUIRE_FALSE(fuzz_targets().empty());
  for (const FuzzTarget& target : fuzz_targets()) {
    std::mt19937 random(Catch::getSeed());
    INFO(target.name);
    for (int i = 0; i < kMutationsEach; ++i) {
      const std::string bytes = mutated(std::string(target.sample), random);
      const std::vector<uint8_t> input(bytes.begin(), bytes.end());
      target.run(input.data(), input.size());
    }
    SUCCEED();
  }
}

}  // namespace
}  // namespace chatgate
