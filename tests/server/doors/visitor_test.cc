#include "server/doors/visitor.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("Basic credentials are a name, a colon and the rest", "[web]") {
  const auto plain = parse_basic_credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 7617, 2
  REQUIRE(plain);
  CHECK(plain->name == "Aladdin");
  CHECK(plain->password == "open sesame");
  const auto colons = parse_basic_credentials("bAsIc  YTpiOmM=");
  REQUIRE(colons);
  CHECK(colons->password == "b:c");
  CHECK(parse_basic_credentials("Basic YTo=")->password.empty());
  for (const auto* wrong : {"", "Basic", "Basic ", "Basic !!!!", "Basic YWJj", "Basic QWxhZGRpbjp",
                            "Bearer YTpi", "Basic YTpi YTpi", "BasicYTpi"}) {
    INFO(wrong);
    const auto parsed = parse_basic_credentials(wrong);
    CHECK_FALSE(parsed);
  }
}

}  // namespace
}  // namespace chatgate
