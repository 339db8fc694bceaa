#include "server/pipeline/request_headers.h"

#include <algorithm>
#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

std::vector<std::string> pass(const std::string& lines) {
  const std::string head =
      "POST /v1/x HTTP/1.1\r\nHost: gate\r\nContent-Length: 0\r\n" + lines + "\r\n";
  size_t scanned = 0;
  const auto judged = judge_head(head, {}, scanned);
  REQUIRE(judged);
  REQUIRE(judged->has_value());
  auto headers = headers_for_upstream(**judged);
  pass_trace(**judged, read_trace_context(**judged), headers);
  return headers;
}

bool has(const std::vector<std::string>& headers, const std::string& wanted) {
  return std::find(headers.begin(), headers.end(), wanted) != headers.end();
}

TEST_CASE("unknown headers pass unchanged", "[request_headers]") {
  const auto headers =
      pass("OpenAI-Beta: assistants=v2\r\nContent-Type: application/json\r\nX-Empty:\r\n");
  CHECK(has(headers, "OpenAI-Beta: assistants=v2"));
  CHECK(has(headers, "Content-Type: application/json"));
  CHECK(has(headers, "X-Empty:"));
  CHECK(headers.size() == 3);
}

TEST_CASE("credentials and what chooses the payer stop here", "[request_headers]") {
  const auto headers = pass(
      "Authorization: Bearer sk-cg-secret\r\napi-key: sk-cg-secret\r\nCookie: a=b\r\n"
      "OpenAI-Organization: org-other\r\nopenai-project: p\r\nX-Forwarded-For: 10.0.0.1\r\n");
  CHECK(headers.empty());
}

TEST_CASE("hop-by-hop headers and those named in Connection stop here", "[request_headers]") {
  const auto headers = pass(
      "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\n"
      "Accept-Encoding: gzip\r\nX-Stay: 1\r\n");
  CHECK(headers == std::vector<std::string>{"X-Stay: 1"});
}

TEST_CASE("a valid trace context passes, and nothing else in its place", "[request_headers]") {
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto passed = pass("TraceParent: " + parent + "\r\ntracestate: a=1\r\nTraceState: b=2\r\n");
  CHECK(passed == std::vector<std::string>{"traceparent: " + parent, "tracestate: a=1,b=2"});
  CHECK(pass("traceparent: 00-x\r\ntracestate: a=1\r\n").empty());
  CHECK(pass("traceparent: " + parent + "\r\ntracestate: A=1\r\n").size() == 1);
  CHECK(pass("traceparent: " + parent + "\r\nConnection: TraceParent\r\n").empty());
}

}  // namespace
}  // namespace chatgate
