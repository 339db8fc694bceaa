#include "server/upstream/direct/target.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("a plain URL is taken apart", "[direct]") {
  struct Row {
    const char* url;
    const char* host;
    uint16_t port;
    const char* authority;
    const char* path;
  };
  const auto row =
      GENERATE(Row{"http://127.0.0.1:8000/v1/models?limit=2", "127.0.0.1", 8000, "127.0.0.1:8000",
                   "/v1/models?limit=2"},
               Row{"http://vllm/v1", "vllm", 80, "vllm", "/v1"}, Row{"http://h", "h", 80, "h", ""},
               Row{"http://[::1]:9/x", "::1", 9, "[::1]:9", "/x"},
               Row{"http://[fe80::1]/x%20y", "fe80::1", 80, "[fe80::1]", "/x%20y"},
               Row{"http://a_b.example:65535/?q=/../", "a_b.example", 65535, "a_b.example:65535",
                   "/?q=/../"});
  CAPTURE(row.url);
  const auto target = parse_direct_target(row.url);
  REQUIRE(target);
  CHECK(target->host == row.host);
  CHECK(target->port == row.port);
  CHECK(target->authority == row.authority);
  CHECK(target->path == row.path);
}

TEST_CASE("what would have to be changed on its way is left to others", "[direct]") {
  const std::string url = GENERATE(
      "https://127.0.0.1/v1", "http://", "http://:80/", "http://user:secret@h/v1", "http://h:0/",
      "http://h:65536/", "http://h:8x/", "http://h/a b", "http://h/a#b", "http://h/../v1",
      "http://h/./v1", "http://h/v1/..", "http://h/\xc3\xa9", "http://h\\x/", "http://[::1/",
      "http://h?x=1", "http://a,b/", "ftp://h/", "HTTP://h/", "");
  CAPTURE(url);
  CHECK_FALSE(parse_direct_target(url));
}

}  // namespace
}  // namespace chatgate
