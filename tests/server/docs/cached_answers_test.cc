#include "server/docs/cached_answers.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("an entity tag is found among those that a client has", "[docs]") {
  CHECK(names_etag("\"a\"", "\"a\""));
  CHECK(names_etag("\"b\", W/\"a\" ,\"c\"", "\"a\""));
  CHECK(names_etag(" * ", "\"a\""));
  CHECK(!names_etag("", "\"a\""));
  CHECK(!names_etag("\"b\", \"aa\", a,,", "\"a\""));
}

TEST_CASE("gzip is sent to those who take it", "[docs]") {
  for (const char* header : {"gzip", "deflate, gzip;q=0.1, br", "GZip", "*", "br;q=1, *;q=0.5",
                             "x-gzip", "*;q=0, gzip"}) {
    INFO(header);
    CHECK(accepts_gzip(header));
  }
  for (const char* header : {"", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "gzipped", ",,;"}) {
    INFO(header);
    CHECK(!accepts_gzip(header));
  }
}

}  // namespace
}  // namespace chatgate
