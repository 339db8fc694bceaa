#include "common/log/log.h"

#include <catch2/catch_all.hpp>

using namespace chatgate;

namespace {

std::string line_of(std::string_view value) {
  return log::format_line({1'795'168'800'123}, log::Level::kInfo, "event", {{"key", value}});
}

}  // namespace

TEST_CASE("a log line is a time, a level, an event and its fields") {
  CHECK(log::format_line({1'795'168'800'123}, log::Level::kWarn, "request_failed",
                         {{"status", int64_t{429}}, {"path", "/v1/models"}}) ==
        "2026-11-20T10:00:00.123Z warn request_failed status=429 path=/v1/models\n");
}

TEST_CASE("no value can forge a line or a field") {
  CHECK(line_of("a b") == "2026-11-20T10:00:00.123Z info event key=\"a b\"\n");
  CHECK(line_of("") == "2026-11-20T10:00:00.123Z info event key=\"\"\n");
  CHECK(line_of("a=b") == "2026-11-20T10:00:00.123Z info event key=\"a=b\"\n");
  CHECK(line_of("x\r\n2026 info y") ==
        "2026-11-20T10:00:00.123Z info event key=\"x\\r\\n2026 info y\"\n");
  CHECK(line_of("\x1b[31m\"\\") ==
        "2026-11-20T10:00:00.123Z info event key=\"\\x1b[31m\\\"\\\\\"\n");
  CHECK(line_of("\xc2\x85") == "2026-11-20T10:00:00.123Z info event key=\"\\xc2\\x85\"\n");
}

TEST_CASE("a value of any length stays one bounded line") {
  const std::string line = line_of(std::string(1 << 20, 'x'));
  CHECK(line.size() < 5'000);
  CHECK(line.ends_with("...\"\n"));
}

TEST_CASE("levels below the least one are off") {
  log::set_level(log::Level::kError);
  CHECK_FALSE(log::is_enabled(log::Level::kWarn));
  CHECK(log::is_enabled(log::Level::kError));
  log::set_level(log::Level::kInfo);
  CHECK(log::is_enabled(log::Level::kInfo));
  CHECK_FALSE(log::is_enabled(log::Level::kDebug));
  CHECK(log::level_of("warn") == log::Level::kWarn);
  CHECK_FALSE(log::level_of("loud"));
}

TEST_CASE("a log line in JSON is one object of the same") {
  const std::string line = log::format_json_line(
      {1'795'168'800'123}, log::Level::kWarn, "request_failed",
      {{"status", int64_t{429}}, {"reason", "a \"b\"\r\n{\"level\":\"info\"}\xff\x1b[31m"}});
  CHECK(line == R"({"time":"2026-11-20T10:00:00.123Z","level":"warn","event":"request_failed",)"
                R"("status":429,"reason":"a \"b\"\r\n{\"level\":\"info\"}\ufffd\u001b[31m"})"
                "\n");
  const std::string long_line = log::format_json_line(
      {0}, log::Level::kInfo, "event", {{"key", std::string_view(std::string(1 << 20, 'x'))}});
  CHECK(long_line.size() < 5'000);
  CHECK(log::format_of("json") == log::Format::kJson);
  CHECK_FALSE(log::format_of("xml"));
}
