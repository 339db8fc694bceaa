#include "common/net/url.h"

#include <catch2/catch_all.hpp>

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("base URLs are brought into one form") {
  CHECK(parse_base_url("https://api.openai.com/v1") == "https://api.openai.com/v1");
  CHECK(parse_base_url("https://api.openai.com/v1//") == "https://api.openai.com/v1");
  CHECK(parse_base_url("HTTP://127.0.0.1:9000") == "http://127.0.0.1:9000/v1");
  CHECK(parse_base_url("http://127.0.0.1:9000/") == "http://127.0.0.1:9000/v1");
  CHECK(parse_base_url("http://[::1]:9000/openai/v1/") == "http://[::1]:9000/openai/v1");
  CHECK(parse_base_url("https://u:p@host/v1") == "https://u:p@host/v1");
}

TEST_CASE("URLs that cannot be an upstream are refused with the reason") {
  const auto reason = [](const char* text) { return parse_base_url(text).error().message; };
  CHECK_THAT(reason("api.openai.com/v1"), ContainsSubstring("must begin with"));
  CHECK_THAT(reason("ftp://host/"), ContainsSubstring("unknown scheme"));
  CHECK_THAT(reason("http://"), ContainsSubstring("no host"));
  CHECK_THAT(reason("http://h:port/"), ContainsSubstring("port"));
  CHECK_THAT(reason("http://h:70000/"), ContainsSubstring("port"));
  CHECK_THAT(reason("http://h/v1?x=1"), ContainsSubstring("query"));
  CHECK_THAT(reason("http://h /v1"), ContainsSubstring("space"));
  CHECK_THAT(reason("http://[::1/v1"), ContainsSubstring("IPv6"));
}

TEST_CASE("no message shows a password") {
  for (const char* text :
       {"ftp://user:hunter2@host/", "http://user:hunter2@", "http://u:hunter2/x@h",
        "http://user:hunter2@host:x/", "http://user:hunter2@host/?q"}) {
    INFO(text);
    const auto url = parse_base_url(text);
    REQUIRE_FALSE(url);
    CHECK_THAT(url.error().message, !ContainsSubstring("hunter2"));
  }
  CHECK(mask_url("socks5://u:p@h:1080") == "socks5://…@h:1080");
  CHECK(mask_url("http://h/a@b") == "http://h/a@b");
}

TEST_CASE("proxies have their own schemes") {
  CHECK(parse_proxy_url("socks5h://u:p@h:1080/") == "socks5h://u:p@h:1080");
  CHECK(parse_proxy_url("http://h:3128") == "http://h:3128");
  CHECK_FALSE(parse_proxy_url("h:3128"));
  CHECK_FALSE(parse_proxy_url("http://h:3128/path"));
  CHECK(has_password("http://u:p@h"));
  CHECK_FALSE(has_password("http://u@h"));
  CHECK_FALSE(has_password("http://h/a:b@c"));
}
