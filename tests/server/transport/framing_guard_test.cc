#include "server/transport/framing_guard.h"

#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

namespace chatgate {
namespace {

using namespace std::string_literals;

// The status that a head gets; 200 when it is well-formed and 0 when it is incomplete.
int status_of(const Result<std::optional<RequestHead>>& judged) {
  if (!judged) return traits_of(judged.error().code).http_status;
  return judged->has_value() ? 200 : 0;
}

int judge(std::string_view head, const HeadLimits& limits = {}) {
  size_t scanned = 0;
  return status_of(judge_head(head, limits, scanned));
}

// The verdict when the bytes come one at a time.
int judge_bytewise(std::string_view head, const HeadLimits& limits = {}) {
  size_t scanned = 0;
  for (size_t size = 1; size <= head.size(); ++size) {
    // A copy without spare bytes behind, so that a sanitizer sees every look too far.
    const std::vector<char> bytes(head.begin(), head.begin() + static_cast<ptrdiff_t>(size));
    const int status = status_of(judge_head({bytes.data(), bytes.size()}, limits, scanned));
    if (status != 0) return status;
  }
  return 0;
}

RequestHead judged_well(std::string_view text) {
  size_t scanned = 0;
  auto judged = judge_head(text, {}, scanned);
  INFO((judged ? "" : judged.error().message));
  REQUIRE(judged);
  REQUIRE(judged->has_value());
  return **judged;
}

struct HostileHead {
  const char* what;
  std::string head;
  int status;
};

std::string get(const std::string& lines) { return "GET / HTTP/1.1\r\n" + lines + "\r\n"; }
std::string get_target(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
}
std::string post(const std::string& lines) {
  return "POST /v1 HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

const std::vector<HostileHead> kHostileHeads = {
    // the request line
    {"no version", "GET /\r\n\r\n", 400},
    {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"two blanks before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"two blanks before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"a blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"tabs for blanks", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"version 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
    {"version 1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"version 1", "GET / HTTP/1\r\nHost: a\r\n\r\n", 400},
    {"a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"another protocol", "GET / ICAP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a method with a colon", "G:T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a method with obs-text", "G\xc3\x84T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"an endless method", std::string(40, 'G') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"an empty line only", "\r\n\r\n", 400},
    {"two leading empty lines", "\r\n\r\n" + get("Host: a\r\n"), 400},
    {"a leading bare line feed", "\n" + get("Host: a\r\n"), 400},
    {"a TLS handshake", "\x16\x03\x01\x02"s, 400},
    // targets
    {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405},
    {"an authority", get_target("a:443"), 400},
    {"a relative path", get_target("v1/models"), 400},
    {"an asterisk for GET", get_target("*"), 400},
    {"a fragment", get_target("/a#b"), 400},
    {"a quote", get_target("/a\"b"), 400},
    {"a backslash", get_target("/a\\b"), 400},
    {"angle brackets", get_target("/<script>"), 400},
    {"obs-text", get_target("/\xc3\xa4"), 400},
    {"a blank", get_target("/a b"), 400},
    {"broken percent encoding", get_target("/a%2"), 400},
    {"percent encoding of nothing", get_target("/%zz"), 400},
    {"an encoded NUL", get_target("/a%00b"), 400},
    {"another scheme", get_target("ftp://a/"), 400},
    {"no authority", get_target("http:///x"), 400},
    {"a query without a path", get_target("http://a?x"), 400},
    {"credentials in the authority", get_target("http://u:p@a/"), 400},
    {"a target that is too long", get_target("/" + std::string(8192, 'a')), 414},
    {"a request line without end", "GET /" + std::string(9000, 'a'), 414},
    {"a method without end", std::string(9000, 'A'), 414},
    // Host
    {"no Host", get(""), 400},
    {"an empty Host", get("Host:\r\n"), 400},
    {"two Hosts", get("Host: a\r\nHost: a\r\n"), 400},
    {"two Hosts in different case", get("Host: a\r\nhOST: b\r\n"), 400},
    {"a list of Hosts", get("Host: a, b\r\n"), 400},
    {"a Host with a path", get("Host: a/b\r\n"), 400},
    {"a Host with credentials", get("Host: u@a\r\n"), 400},
    {"a Host with a blank", get("Host: a b\r\n"), 400},
    {"a port beyond 65535", get("Host: a:65536\r\n"), 400},
    {"a port of letters", get("Host: a:http\r\n"), 400},
    {"two ports", get("Host: a:1:2\r\n"), 400},
    {"an open IP literal", get("Host: [::1\r\n"), 400},
    {"an IP literal of letters", get("Host: [host:x]\r\n"), 400},
    {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    // names and values
    {"a blank before the colon", get("Host : a\r\n"), 400},
    {"a tab before the colon", get("Host\t: a\r\n"), 400},
    {"a name with a blank", get("Host: a\r\nX Y: b\r\n"), 400},
    {"no name", get("Host: a\r\n: b\r\n"), 400},
    {"no colon", get("Host: a\r\nnonsense\r\n"), 400},
    {"a name in parentheses", get("Host: a\r\n(x): b\r\n"), 400},
    {"a name with obs-text", get("Host: a\r\nX\xc3\xa4: b\r\n"), 400},
    {"folding with a blank", get("Host: a\r\nX: b\r\n c\r\n"), 400},
    {"folding with a tab", get("Host: a\r\nX: b\r\n\tc\r\n"), 400},
    {"folding of the first header", get(" Host: a\r\n"), 400},
    {"NUL in a value", get("Host: a\r\nX: b\0c\r\n"s), 400},
    {"NUL in a name", get("Host: a\r\nX\0Y: c\r\n"s), 400},
    {"DEL in a value", get("Host: a\r\nX: b\x7f\r\n"), 400},
    {"escape in a value", get("Host: a\r\nX: b\x1b[1m\r\n"), 400},
    {"a bare CR in a value", get("Host: a\r\nX: b\rY: c\r\n"), 400},
    {"a bare LF in a value", get("Host: a\r\nX: b\nY: c\r\n"), 400},
    {"line feeds alone", "GET / HTTP/1.1\nHost: a\n\n", 400},
    {"CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
    {"LF LF behind CRLF", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    // framing
    {"no length for POST", post(""), 411},
    {"no length for PUT", "PUT / HTTP/1.1\r\nHost: a\r\n\r\n", 411},
    {"no length for PATCH", "PATCH / HTTP/1.1\r\nHost: a\r\n\r\n", 411},
    {"no length in HTTP/1.0", "POST / HTTP/1.0\r\n\r\n", 411},
    {"an empty length", post("Content-Length:\r\n"), 400},
    {"a negative length", post("Content-Length: -1\r\n"), 400},
    {"a length with a plus", post("Content-Length: +5\r\n"), 400},
    {"a hexadecimal length", post("Content-Length: 0x5\r\n"), 400},
    {"a length with a fraction", post("Content-Length: 5.0\r\n"), 400},
    {"a list of lengths", post("Content-Length: 5, 5\r\n"), 400},
    {"a length in two words", post("Content-Length: 5 5\r\n"), 400},
    {"a quoted length", post("Content-Length: \"5\"\r\n"), 400},
    {"a length beyond 64 bits", post("Content-Length: 18446744073709551621\r\n"), 400},
    {"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
    {"two different lengths", post("Content-Length: 5\r\ncontent-length: 6\r\n"), 400},
    {"a length beside chunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"chunked beside a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
    {"chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"chunked twice in a list", post("Transfer-Encoding: chunked, chunked\r\n"), 400},
    {"gzip and chunked", post("Transfer-Encoding: gzip, chunked\r\n"), 400},
    {"identity", post("Transfer-Encoding: identity\r\n"), 400},
    {"xchunked", post("Transfer-Encoding: xchunked\r\n"), 400},
    {"quoted chunked", post("Transfer-Encoding: \"chunked\"\r\n"), 400},
    {"chunked with a vertical tab", post("Transfer-Encoding: \vchunked\r\n"), 400},
    {"chunked with a parameter", post("Transfer-Encoding: chunked;a=b\r\n"), 400},
    {"an empty coding", post("Transfer-Encoding:\r\n"), 400},
    {"a blank behind the coding's name", post("Transfer-Encoding : chunked\r\n"), 400},
    {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
     400},
    // the rest
    {"two tokens", get("Host: a\r\nAuthorization: Bearer x\r\nAuthorization: Bearer y\r\n"), 400},
    {"two types", post("Content-Length: 0\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n"), 400},
    {"two expectations", post("Content-Length: 0\r\nExpect: 100-continue\r\nExpect: x\r\n"), 400},
    {"an unknown expectation", post("Content-Length: 0\r\nExpect: 200-ok\r\n"), 400},
    {"an empty expectation", post("Content-Length: 0\r\nExpect:\r\n"), 400},
    {"a connection option in two words", get("Host: a\r\nConnection: keep alive\r\n"), 400},
    {"headers that are too large", get("Host: a\r\nX: " + std::string(65536, 'a') + "\r\n"), 431},
    {"headers without end", "GET / HTTP/1.1\r\nX: " + std::string(65536, 'a'), 431},
};

TEST_CASE("hostile heads are refused, whole and byte by byte", "[framing]") {
  REQUIRE(kHostileHeads.size() >= 60);
  for (const HostileHead& hostile : kHostileHeads) {
    INFO(hostile.what);
    CHECK(judge(hostile.head) == hostile.status);
    CHECK(judge_bytewise(hostile.head) == hostile.status);
  }
}

TEST_CASE("a head with too many headers is refused, also before it ends", "[framing]") {
  const auto head = [](int headers) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < headers; ++i) text += "X: y\r\n";
    return text;
  };
  CHECK(judge(head(100) + "\r\n") == 200);
  CHECK(judge(head(101) + "\r\n") == 431);
  CHECK(judge(head(101)) == 431);
  CHECK(judge_bytewise(head(100) + "\r\n") == 200);
  CHECK(judge_bytewise(head(101)) == 431);
}

TEST_CASE("limits hold at their exact value", "[framing]") {
  const HeadLimits limits{.uri_bytes_max = 10, .header_bytes_max = 80, .headers_max = 3};
  CHECK(judge(get_target("/123456789"), limits) == 200);
  CHECK(judge(get_target("/1234567890"), limits) == 414);
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string full = start + std::string(80 - start.size() - 4, 'x') + "\r\n\r\n";
  REQUIRE(full.size() == 80);
  CHECK(judge(full, limits) == 200);
  CHECK(judge_bytewise(full, limits) == 200);
  const std::string over = start + std::string(80 - start.size() - 3, 'x') + "\r\n\r\n";
  CHECK(judge(over, limits) == 431);
  CHECK(judge_bytewise(over, limits) == 431);
}

TEST_CASE("a usual request is understood", "[framing]") {
  const std::string text =
      "POST /v1/chat/completions?x=%7B%7D HTTP/1.1\r\n"
      "Host: gateway.example:8080\r\n"
      "authorization: Bearer sk-cg-1\r\n"
      "Content-Type:application/json\r\n"
      "X-Note: \t caf\xc3\xa9, twice \t\r\n"
      "X-Empty:\r\n"
      "Content-Length: 12\r\n"
      "\r\n";
  for (const std::string before : {"", "\r\n"}) {
    const std::string all = before + text + "{\"model\":1}\n";
    const RequestHead head = judged_well(all);
    CHECK(head.method == "POST");
    CHECK(head.target == "/v1/chat/completions?x=%7B%7D");
    CHECK(head.minor_version == 1);
    CHECK(head.framing == BodyFraming::kLength);
    CHECK(head.content_length == 12);
    CHECK(head.keep_alive);
    CHECK_FALSE(head.expects_continue);
    CHECK(head.bytes == before.size() + text.size());
    CHECK(head.fields.size() == 6);
    CHECK(head.header("Authorization") == "Bearer sk-cg-1");
    CHECK(head.header("content-TYPE") == "application/json");
    CHECK(head.header("x-note") == "caf\xc3\xa9, twice");
    CHECK(head.header("x-empty").empty());
    CHECK(head.header("absent").empty());
    CHECK(judge_bytewise(all) == 200);
  }
}

TEST_CASE("what clients really send is well-formed", "[framing]") {
  const std::vector<std::string> heads = {
      get("Host: a\r\n"),
      get("host:a:1\r\n"),
      get("Host: a:\r\n"),
      get("Host: [::1]:8080\r\n"),
      get("Host: my_service.internal\r\n"),
      get("Host: 127.0.0.1:65535\r\n"),
      get("Host: a\r\nConnection: keep-alive, Upgrade, \r\nUpgrade: websocket\r\n"),
      get("Host: a\r\nCookie: a=b\r\nCookie: c=d\r\n"),
      get_target("/v1/files?include[]=a&q={x|y}^`"),
      get_target("/a/./b/../c;v=1,2/%41~!$&'()*+:@"),
      get_target("//v1//models/"),
      get_target("http://a"),
      get_target("HTTPS://a:443/?x"),
      "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
      "DELETE /v1/files/1 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "X-Custom / HTTP/1.1\r\nHost: a\r\n\r\n",
      post("Content-Length: 0\r\n"),
      post("Content-Length: 000\r\n"),
      post("Content-Length: 999999999999999999\r\n"),
      post("Transfer-Encoding: chunked\r\n"),
      post("transfer-encoding:\tChUnKeD \r\n"),
      post("Content-Length: 3\r\nExpect: 100-Continue\r\n"),
  };
  for (const std::string& head : heads) {
    INFO(head);
    CHECK(judge(head) == 200);
    CHECK(judge_bytewise(head) == 200);
    CHECK(judge(std::string_view(head).substr(0, head.size() - 1)) == 0);
    CHECK(judged_well(head + "GET").bytes == head.size());
  }
}

TEST_CASE("framing, persistence and expectations follow the headers", "[framing]") {
  CHECK(judged_well(get("Host: a\r\n")).framing == BodyFraming::kNone);
  CHECK(judged_well(get("Host: a\r\nContent-Length: 7\r\n")).content_length == 7);
  CHECK(judged_well(post("Transfer-Encoding: Chunked\r\n")).framing == BodyFraming::kChunked);

  CHECK(judged_well(get("Host: a\r\n")).keep_alive);
  CHECK_FALSE(judged_well(get("Host: a\r\nConnection: foo , CLOSE\r\n")).keep_alive);
  CHECK_FALSE(
      judged_well(get("Host: a\r\nConnection: keep-alive\r\nConnection: close\r\n")).keep_alive);
  CHECK_FALSE(judged_well("GET / HTTP/1.0\r\n\r\n").keep_alive);
  CHECK(judged_well("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);

  CHECK(judged_well(post("Content-Length: 1\r\nExpect: 100-continue\r\n")).expects_continue);
  CHECK_FALSE(judged_well("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
                  .expects_continue);
}

TEST_CASE("a target's path is the same in each of its forms", "[framing]") {
  CHECK(judged_well(get_target("/v1/models?a=b")).origin_form() == "/v1/models?a=b");
  CHECK(judged_well(get_target("http://a:1/v1/models?a=b")).origin_form() == "/v1/models?a=b");
  CHECK(judged_well(get_target("http://a")).origin_form() == "/");
  CHECK(judged_well("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").origin_form() == "*");
}

TEST_CASE("a refusal names the header but never its value", "[framing]") {
  const auto message_for = [](const std::string& head) {
    size_t scanned = 0;
    const auto judged = judge_head(head, {}, scanned);
    REQUIRE_FALSE(judged);
    return judged.error().message;
  };
  const std::string twice = message_for(
      get("Host: a\r\nAuthorization: Bearer secret1\r\nAuthorization: Bearer secret2\r\n"));
  CHECK(twice.find("'Authorization'") != std::string::npos);
  CHECK(twice.find("secret") == std::string::npos);
  CHECK(message_for(post("Content-Length: secret\r\n")).find("secret") == std::string::npos);
  CHECK(message_for(get("Host: a\r\nBearer secret: x\r\n")).find("secret") == std::string::npos);
  CHECK(message_for(get("Host: a\r\nX: secret\0\r\n"s)).find("secret") == std::string::npos);
}

TEST_CASE("every prefix of a well-formed head is incomplete", "[framing]") {
  const std::string text = post("Content-Length: 5\r\nX: \t\tmany words\t here \r\n");
  for (size_t size = 0; size < text.size(); ++size) {
    size_t scanned = 0;
    REQUIRE(status_of(judge_head(text.substr(0, size), {}, scanned)) == 0);
    REQUIRE(status_of(judge_head(text, {}, scanned)) == 200);
  }
}

}  // namespace
}  // namespace chatgate
