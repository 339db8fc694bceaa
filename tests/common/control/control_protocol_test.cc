#include "common/control/control_protocol.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

using Catch::Matchers::ContainsSubstring;

RunningRequest example() {
  return {.id = {0x1a1f92a5b1c00000},
          .user_id = {3},
          .token_id = {7},
          .model = "gpt-4o\n\"x\" \xC3\xA4",
          .endpoint = "/v1/chat/completions",
          .upstream = "openai",
          .state = "streaming",
          .elapsed_ms = 1234,
          .answer_bytes = 567,
          .hold = {INT64_MAX}};
}

TEST_CASE("control requests are read as they are written") {
  const auto list = parse_control_request(format_control_request({}));
  REQUIRE(list);
  CHECK(list->verb == ControlRequest::Verb::kList);
  const auto kill =
      parse_control_request(format_control_request({ControlRequest::Verb::kKill, {0x1a2b}}));
  REQUIRE(kill);
  CHECK(kill->verb == ControlRequest::Verb::kKill);
  CHECK(kill->id == RequestId{0x1a2b});
}

TEST_CASE("what is no control request is refused") {
  for (const char* line : {"", "\n", "list", "{}", "[]", "null", "7", "\"list\"", R"({"verb":7})",
                           R"({"verb":"LIST"})", R"({"verb":"stop"})", R"({"verb":"kill"})",
                           R"({"verb":"kill","id":7})", R"({"verb":"kill","id":"req_"})",
                           R"({"verb":"kill","id":"req_1"})", R"({"verb":"list")",
                           "{\"verb\":\"\xFF\"}", "\xFF\xFE"}) {
    INFO(line);
    const auto request = parse_control_request(line);
    REQUIRE_FALSE(request);
    CHECK(request.error().code == ErrorCode::kInvalidRequest);
  }
  const std::string nested(kControlRequestBytesMax, '[');
  CHECK_FALSE(parse_control_request(nested));
}

TEST_CASE("a running request is read as it is written") {
  const auto wanted = example();
  const std::string line = format_control_line(wanted);
  CHECK(line.find('\n') == line.size() - 1);
  const auto parsed = parse_control_line(line);
  REQUIRE((parsed && *parsed));
  const auto& read = **parsed;
  CHECK(read.id == wanted.id);
  CHECK(read.user_id == wanted.user_id);
  CHECK(read.token_id == wanted.token_id);
  CHECK(read.model == wanted.model);
  CHECK(read.endpoint == wanted.endpoint);
  CHECK(read.upstream == wanted.upstream);
  CHECK(read.state == wanted.state);
  CHECK(read.elapsed_ms == wanted.elapsed_ms);
  CHECK(read.answer_bytes == wanted.answer_bytes);
  CHECK(read.hold == wanted.hold);
}

TEST_CASE("bytes that are no UTF-8 do not break a control line") {
  auto request = example();
  request.model = "gpt\xFF\xC3";
  const auto parsed = parse_control_line(format_control_line(request));
  REQUIRE((parsed && *parsed));
  CHECK_THAT((*parsed)->model, ContainsSubstring("gpt"));
}

TEST_CASE("the end and the failures of an answer are told apart") {
  const auto done = parse_control_line(format_control_done());
  REQUIRE(done);
  CHECK_FALSE(done->has_value());
  const auto unknown =
      parse_control_line(format_control_error({ErrorCode::kNotFound, "no request req_1"}));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kNotFound);
  CHECK(unknown.error().message == "no request req_1");
  const auto busy = parse_control_line(format_control_error({ErrorCode::kOverloaded, "too busy"}));
  REQUIRE_FALSE(busy);
  CHECK(busy.error().code == ErrorCode::kSystem);
  CHECK(busy.error().message == "too busy");
}

TEST_CASE("what is no control line is a failure") {
  const std::string line = format_control_line(example());
  std::vector<std::string> faulty{"",
                                  "{}",
                                  "7",
                                  R"({"done":false})",
                                  R"({"error":7})",
                                  R"({"error":{"message":""}})",
                                  R"({"id":"req_0000000000000001"})"};
  for (size_t length = 0; length + 2 < line.size(); ++length)
    faulty.push_back(line.substr(0, length));
  for (const auto& text : faulty) {
    INFO(text);
    const auto parsed = parse_control_line(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::kSystem);
    CHECK_FALSE(parsed.error().message.empty());
  }
}

}  // namespace
}  // namespace chatgate
