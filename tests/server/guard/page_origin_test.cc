#include "server/guard/page_origin.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

PageOrigin judge(std::vector<HeaderField> fields, bool is_secure = false) {
  RequestHead head;
  head.fields = std::move(fields);
  head.fields.push_back({"Host", "gate.example:8080"});
  return page_origin_of(head, is_secure);
}

TEST_CASE("a browser tells whose page makes it ask", "[page_origin]") {
  CHECK(judge({}) == PageOrigin::kNone);
  CHECK(judge({{"Sec-Fetch-Site", "same-origin"}}) == PageOrigin::kOwn);
  CHECK(judge({{"Sec-Fetch-Site", "none"}}) == PageOrigin::kNone);
  for (const char* site : {"cross-site", "same-site", "SAME-ORIGIN", "same-origin, none", "?"}) {
    INFO(site);
    CHECK(judge({{"Sec-Fetch-Site", site}}) == PageOrigin::kOther);
    // An Origin cannot make good what the browser has judged.
    CHECK(judge({{"Origin", "http://gate.example:8080"}, {"Sec-Fetch-Site", site}}) ==
          PageOrigin::kOther);
  }
  // Behind a proxy that sends another Host.
  CHECK(judge({{"Origin", "https://outside.example"}, {"Sec-Fetch-Site", "same-origin"}}) ==
        PageOrigin::kOwn);
}

TEST_CASE("without Fetch Metadata the Origin must be this host", "[page_origin]") {
  for (const char* origin :
       {"http://gate.example:8080", "https://gate.example:8080", "http://GATE.example:8080"}) {
    INFO(origin);
    CHECK(judge({{"Origin", origin}}) == PageOrigin::kOwn);
  }
  for (const char* origin :
       {"null", "http://gate.example", "http://gate.example:80", "http://gate.example:8080/",
        "http://gate.example:8080.evil.example", "http://evil.example/gate.example:8080",
        "http://x@gate.example:8080", "gate.example:8080", "ftp://gate.example:8080", "http://",
        "://gate.example:8080", "http://sub.gate.example:8080"}) {
    INFO(origin);
    CHECK(judge({{"Origin", origin}}) == PageOrigin::kOther);
  }
}

TEST_CASE("a page that came without TLS is not one that came with it", "[page_origin]") {
  CHECK(judge({{"Origin", "https://gate.example:8080"}}, true) == PageOrigin::kOwn);
  CHECK(judge({{"Origin", "http://gate.example:8080"}}, true) == PageOrigin::kOther);
}

}  // namespace
}  // namespace chatgate
