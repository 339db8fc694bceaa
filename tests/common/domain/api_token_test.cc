#include "common/domain/api_token.h"

#include <catch2/catch_all.hpp>
#include <set>
#include <string>

namespace chatgate {
namespace {

TEST_CASE("a fresh token has its beginning, 256 bits in base64url, and no twin") {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string token = generate_api_token();
    REQUIRE(token.size() == 49);
    REQUIRE(token.starts_with("sk-cg-"));
    REQUIRE(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789-_") == std::string::npos);
    REQUIRE(seen.insert(token).second);
  }
}

TEST_CASE("a token's hash is its SHA-256") {
  // The example of FIPS 180-2, appendix B.1.
  const TokenHash expected{0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                           0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                           0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
  CHECK(hash_of_token("abc") == expected);
  CHECK(hash_of_token("") != expected);
}

TEST_CASE("a prefix tells tokens apart and gives no short one away") {
  CHECK(prefix_of_token("sk-cg-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_Ab") == "sk-cg-AbCdEf");
  CHECK(prefix_of_token("secret") == "se");
  CHECK(prefix_of_token("").empty());
}

TEST_CASE("models match by name or by beginning") {
  CHECK(matches_model({}, "gpt-4o"));
  CHECK(matches_model({"gpt-4o"}, "gpt-4o"));
  CHECK_FALSE(matches_model({"gpt-4o"}, "gpt-4o-mini"));
  CHECK(matches_model({"o3", "gpt-4o*"}, "gpt-4o-mini"));
  CHECK(matches_model({"*"}, "anything"));
  CHECK_FALSE(matches_model({"gpt-*"}, "GPT-4o"));
  CHECK_FALSE(matches_model({"g*t"}, "gpt"));
  CHECK_FALSE(matches_model({""}, "gpt"));
}

}  // namespace
}  // namespace chatgate
