#include "server/wire/trace_context.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

const std::string kTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00-" + kTraceId + "-00f067aa0ba902b7-01";

TraceContext read(const std::string& lines) {
  const std::string head = "GET /v1/models HTTP/1.1\r\nHost: gate\r\n" + lines + "\r\n";
  size_t scanned = 0;
  const auto judged = judge_head(head, {}, scanned);
  REQUIRE(judged);
  REQUIRE(judged->has_value());
  return read_trace_context(**judged);
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("a traceparent of version 00 has four fields and nothing more", "[trace]") {
  CHECK(is_traceparent(kParent));
  CHECK(is_traceparent("00-" + kTraceId + "-00f067aa0ba902b7-00"));
  CHECK(is_traceparent("00-" + kTraceId + "-00f067aa0ba902b7-ff"));  // unknown flags
  CHECK_FALSE(is_traceparent(""));
  CHECK_FALSE(is_traceparent(kParent + "-"));
  CHECK_FALSE(is_traceparent(kParent + "-00"));
  CHECK_FALSE(is_traceparent(kParent + "."));
  CHECK_FALSE(is_traceparent(kParent.substr(0, kParent.size() - 1)));
  CHECK_FALSE(is_traceparent("00-" + kTraceId + "-00f067aa0ba902b7"));
  CHECK_FALSE(is_traceparent("0-" + kTraceId + "-00f067aa0ba902b7-01x"));
  CHECK_FALSE(is_traceparent("000-" + kTraceId + "-00f067aa0ba902b7-1"));
  CHECK_FALSE(is_traceparent("00_" + kTraceId + "_00f067aa0ba902b7_01"));
}

TEST_CASE("the ids of a traceparent are lower-case hexadecimal and not all zero", "[trace]") {
  CHECK_FALSE(is_traceparent("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
  CHECK_FALSE(is_traceparent("00-" + kTraceId + "-00F067AA0BA902B7-01"));
  CHECK_FALSE(is_traceparent("00-" + kTraceId + "-00f067aa0ba902b7-0A"));
  CHECK_FALSE(is_traceparent("00-" + repeated("0", 32) + "-00f067aa0ba902b7-01"));
  CHECK_FALSE(is_traceparent("00-" + kTraceId + "-" + repeated("0", 16) + "-01"));
  CHECK_FALSE(is_traceparent("00-.bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  CHECK_FALSE(is_traceparent("00-" + kTraceId + "-00f067aa0ba902b.-01"));
  CHECK_FALSE(is_traceparent("00-" + kTraceId + "-00f067aa0ba902b7-.0"));
  CHECK_FALSE(is_traceparent("00-" + kTraceId.substr(1) + "-00f067aa0ba902b7-011"));
}

TEST_CASE("later versions of a traceparent may say more", "[trace]") {
  const std::string rest = "-" + kTraceId + "-00f067aa0ba902b7-01";
  CHECK(is_traceparent("cc" + rest));
  CHECK(is_traceparent("cc" + rest + "-what-the-future-will-be-like"));
  CHECK(is_traceparent("fe" + rest + "-"));
  CHECK_FALSE(is_traceparent("cc" + rest + ".what-the-future-will-be-like"));
  CHECK_FALSE(is_traceparent("cc" + rest + "0"));
  CHECK_FALSE(is_traceparent("ff" + rest));
  CHECK_FALSE(is_traceparent("CC" + rest));
  CHECK_FALSE(is_traceparent("cc-" + kTraceId));
  CHECK_FALSE(is_traceparent("cc" + rest + "-" + std::string(300, 'x')));
  CHECK_FALSE(is_traceparent("cc" + rest + "-\x80"));
}

TEST_CASE("a tracestate is a list of keys and values", "[trace]") {
  CHECK(is_tracestate(""));
  CHECK(is_tracestate("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
  CHECK(is_tracestate("foo=1 , \t bar=2"));
  CHECK(is_tracestate("foo=1,,bar=2,"));
  CHECK(is_tracestate("fw529a3039@dt=FfAAAA,0tenant@sys=1"));
  CHECK(is_tracestate("a_-*/0=!\"#$%&'()*+-./:;<>?@[]^_`{|}~"));
  CHECK(is_tracestate("foo=a b"));
  CHECK(is_tracestate(std::string(256, 'z') + "=" + std::string(256, 'v')));
  CHECK(is_tracestate(std::string(241, 't') + "@" + std::string(14, 's') + "=1"));
  CHECK(is_tracestate("foo=1,foo=1"));  // the recommendation lets both stay
}

TEST_CASE("a tracestate that breaks a rule of the list is none", "[trace]") {
  const auto bad =
      GENERATE(as<std::string>{}, "foo", "foo=", "=1", "foo =1", "FOO=1", "0foo=1", "_foo=1",
               "foo.bar=1", "foo@=1", "@foo=1", "foo@@bar=1", "foo@bar@baz=1", "foo@1bar=1",
               "foo=bar=baz", "foo=1;bar=2", "foo=\x80", "foo=a\tb");
  CAPTURE(bad);
  CHECK_FALSE(is_tracestate("fine=1," + bad));
  CHECK_FALSE(is_tracestate(bad));
}

TEST_CASE("a tracestate has 32 members at most and a bounded length", "[trace]") {
  CHECK(is_tracestate(repeated("a=1,", 32)));
  CHECK_FALSE(is_tracestate(repeated("a=1,", 33)));
  CHECK_FALSE(is_tracestate(std::string(257, 'z') + "=1"));
  CHECK_FALSE(is_tracestate("z=" + std::string(257, 'v')));
  CHECK_FALSE(is_tracestate(std::string(242, 't') + "@v=1"));
  CHECK_FALSE(is_tracestate("t@" + std::string(15, 'v') + "=1"));
  const std::string member = std::string(256, 'z') + "=" + std::string(256, 'v');
  CHECK_FALSE(is_tracestate(repeated(member + ",", 16) + member));
}

TEST_CASE("a request's context is read off its headers in any case", "[trace]") {
  const auto context = read("TraceParent:  " + kParent + " \r\nTRACESTATE: foo=1\r\n");
  CHECK(context.traceparent == kParent);
  CHECK(context.tracestate == "foo=1");
  CHECK(context.trace_id() == kTraceId);
  CHECK(read("").trace_id().empty());
}

TEST_CASE("several tracestate headers are one list", "[trace]") {
  const auto context =
      read("tracestate: a=1\r\ntraceparent: " + kParent + "\r\ntracestate: b=2, c=3\r\n");
  CHECK(context.tracestate == "a=1,b=2, c=3");
}

TEST_CASE("without one good traceparent there is no context", "[trace]") {
  const std::string parent = "traceparent: " + kParent + "\r\n";
  CHECK(read(parent + parent).traceparent.empty());
  CHECK(read(parent + parent + "tracestate: a=1\r\n").tracestate.empty());
  CHECK(read(parent + "traceparent: 00-bad\r\n").traceparent.empty());
  CHECK(read("traceparent: 00-bad\r\n" + parent).traceparent.empty());
  CHECK(read("traceparent:\r\n" + parent).traceparent.empty());
  CHECK(read("tracestate: a=1\r\n").tracestate.empty());
}

TEST_CASE("a bad tracestate leaves the traceparent alone", "[trace]") {
  const auto context = read("traceparent: " + kParent + "\r\ntracestate: a=1\r\ntracestate: =\r\n");
  CHECK(context.traceparent == kParent);
  CHECK(context.tracestate.empty());
}

}  // namespace
}  // namespace chatgate
