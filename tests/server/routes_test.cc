#include "server/routes.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("paths become canonical", "[routes]") {
  CHECK(canonical_path("/v1/chat/completions") == "/v1/chat/completions");
  CHECK(canonical_path("//v1///chat/completions//") == "/v1/chat/completions");
  CHECK(canonical_path("/") == "/");
  CHECK(canonical_path("").empty());
  CHECK(canonical_path("/v1/models/a..b") == "/v1/models/a..b");
}

TEST_CASE("paths that a server behind could read differently are nowhere", "[routes]") {
  CHECK(canonical_path("/v1/../admin").empty());
  CHECK(canonical_path("/v1/./models").empty());
  CHECK(canonical_path("/v1/..").empty());
  CHECK(canonical_path("/v1/a\\..\\b").empty());
}

TEST_CASE("an encoded path decodes to what was routed", "[routes]") {
  CHECK(encode_path("/chat/completions") == "/chat/completions");
  CHECK(encode_path("/models/ft:gpt-4o:org::id") == "/models/ft:gpt-4o:org::id");
  CHECK(encode_path("/files/a b?c#d%2e") == "/files/a%20b%3Fc%23d%252e");
  CHECK(encode_path("/\xC3\xA4\r\n") == "/%C3%A4%0D%0A");
}

}  // namespace
}  // namespace chatgate
