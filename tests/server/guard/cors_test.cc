#include "server/guard/cors.h"

#include <catch2/catch_all.hpp>
#include <map>

namespace chatgate {
namespace {

using Fields = std::vector<HeaderField>;
using Headers = std::map<std::string, std::string>;

Headers map_of(const HeaderList& list) {
  const Headers headers(list.begin(), list.end());
  REQUIRE(headers.size() == list.size());
  CHECK_FALSE(headers.contains("Access-Control-Allow-Credentials"));
  return headers;
}

Headers answer_to(const std::string& origin, const CorsRules& rules) {
  RequestHead head;
  head.method = "POST";
  if (!origin.empty()) head.fields = {{"Origin", origin}};
  CHECK_FALSE(is_preflight(head));
  return map_of(cors_headers(head, rules));
}

Headers preflight(const Fields& fields, const CorsRules& rules) {
  RequestHead head;
  head.method = "OPTIONS";
  head.fields = fields;
  REQUIRE(is_preflight(head));
  return map_of(preflight_headers(head, rules));
}

const CorsRules kAllPages({"*"});
const CorsRules kSomePages({"https://Chat.example.org/", "http://localhost:3000"});

TEST_CASE("a request that comes from no page gets no headers", "[cors]") {
  CHECK(answer_to("", kAllPages).empty());
  CHECK(answer_to("", kSomePages).empty());
}

TEST_CASE("every page may read when all are allowed", "[cors]") {
  auto headers = answer_to("https://any.example.com", kAllPages);
  CHECK(headers["Access-Control-Allow-Origin"] == "*");
  CHECK_FALSE(headers.contains("Vary"));
  const std::string exposed = headers["Access-Control-Expose-Headers"];
  for (const char* name : {"x-request-id", "retry-after", "x-ratelimit-remaining-requests"}) {
    CHECK(exposed.find(name) != std::string::npos);
  }
}

TEST_CASE("listed pages are told one by one", "[cors]") {
  for (const char* origin : {"https://chat.example.org", "http://localhost:3000"}) {
    auto headers = answer_to(origin, kSomePages);
    CHECK(headers["Access-Control-Allow-Origin"] == origin);
    CHECK(headers["Vary"] == "Origin");
  }
}

TEST_CASE("other pages get nothing that lets them read", "[cors]") {
  for (const char* origin :
       {"https://chat.example.org.evil.com", "http://chat.example.org", "https://example.org",
        "https://chat.example.org:8443", "http://localhost", "null", "*"}) {
    CHECK(answer_to(origin, kSomePages) == Headers{{"Vary", "Origin"}});
    CHECK(preflight({{"Origin", origin}, {"Access-Control-Request-Method", "POST"}}, kSomePages) ==
          Headers{{"Vary", "Origin"}});
  }
  CHECK(answer_to("https://chat.example.org", CorsRules()) == Headers{{"Vary", "Origin"}});
}

TEST_CASE("a preflight is told the methods and the headers that it asked for", "[cors]") {
  auto headers = preflight({{"origin", "http://localhost:3000"},
                            {"access-control-request-method", "POST"},
                            {"access-control-request-headers", "authorization, x-stainless-os"}},
                           kSomePages);
  CHECK(headers["Access-Control-Allow-Origin"] == "http://localhost:3000");
  CHECK(headers["Access-Control-Allow-Methods"].find("POST") != std::string::npos);
  CHECK(headers["Access-Control-Allow-Headers"] == "authorization, x-stainless-os");
  CHECK(headers["Access-Control-Max-Age"] == "7200");
  headers =
      preflight({{"Origin", "https://a.b"}, {"Access-Control-Request-Method", "GET"}}, kAllPages);
  CHECK(headers["Access-Control-Allow-Origin"] == "*");
  CHECK_FALSE(headers.contains("Access-Control-Allow-Headers"));
}

TEST_CASE("what is no list of names is not repeated", "[cors]") {
  for (const std::string& requested : {std::string("x: y"), std::string("a\tb"), std::string("a;b"),
                                       std::string("\xc3\xa4"), std::string(5'000, 'a')}) {
    auto headers = preflight({{"Origin", "https://a.b"},
                              {"Access-Control-Request-Method", "GET"},
                              {"Access-Control-Request-Headers", requested}},
                             kAllPages);
    CHECK_FALSE(headers.contains("Access-Control-Allow-Headers"));
  }
}

TEST_CASE("an OPTIONS request of another kind is no preflight", "[cors]") {
  RequestHead head;
  head.method = "OPTIONS";
  CHECK_FALSE(is_preflight(head));
  head.fields = {{"Origin", "https://a.b"}};
  CHECK_FALSE(is_preflight(head));
  head.fields = {{"Access-Control-Request-Method", "POST"}};
  CHECK_FALSE(is_preflight(head));
  head.fields = {{"Origin", "https://a.b"}, {"Access-Control-Request-Method", "POST"}};
  head.method = "POST";
  CHECK_FALSE(is_preflight(head));
}

}  // namespace
}  // namespace chatgate
