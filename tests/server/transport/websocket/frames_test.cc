#include "server/transport/websocket/frames.h"

#include <catch2/catch_all.hpp>
#include <vector>

#include "tests/support/websocket_frames.h"

namespace chatgate {
namespace {

constexpr size_t kMessageBytesMax = 1 << 20;
using Seen = std::vector<std::string>;

std::string name_of(FrameDecoder::Event event, FrameDecoder& decoder) {
  const auto code = std::to_string(static_cast<int>(decoder.close_code()));
  switch (event) {
    case FrameDecoder::Event::kMessage:
      return "message " + decoder.take_message();
    case FrameDecoder::Event::kPing:
      return "ping " + std::string(decoder.payload());
    case FrameDecoder::Event::kPong:
      return "pong " + std::string(decoder.payload());
    case FrameDecoder::Event::kClose:
      return "close " + code + " " + std::string(decoder.payload());
    case FrameDecoder::Event::kFault:
      CHECK_FALSE(decoder.fault().empty());
      return "fault " + code;
    default:
      return "";
  }
}

// What the decoder makes of the bytes when they come in pieces of this size.
Seen decode(std::string_view bytes, size_t step, size_t message_bytes_max = kMessageBytesMax) {
  FrameDecoder decoder(message_bytes_max);
  Seen seen;
  for (size_t at = 0; at < bytes.size(); at += step) {
    auto piece = bytes.substr(at, step);
    while (!piece.empty()) {
      auto name = name_of(decoder.next(piece), decoder);
      if (!name.empty()) seen.push_back(std::move(name));
    }
  }
  return seen;
}

void check(std::string_view bytes, const Seen& expected) {
  for (const size_t step : {bytes.size(), size_t{1}, size_t{2}, size_t{3}, size_t{7}}) {
    INFO("in pieces of " << step);
    CHECK(decode(bytes, step) == expected);
  }
}

std::string text(std::string_view payload) { return bytes_of({.payload = std::string(payload)}); }
std::string part(uint8_t opcode, std::string_view payload, bool is_final = false) {
  return bytes_of({.opcode = opcode, .payload = std::string(payload), .is_final = is_final});
}
std::string close_frame(std::string payload) {
  return bytes_of({.opcode = 8, .payload = std::move(payload)});
}

TEST_CASE("WebSocket messages of every length come out whole", "[websocket]") {
  for (const size_t size : {0, 1, 125, 126, 127, 128, 65'535, 65'536, 65'537, 1 << 20}) {
    const std::string payload(size, 'x');
    CHECK(decode(text(payload) + text("next"), 4096) == Seen{"message " + payload, "message next"});
  }
}

TEST_CASE("WebSocket fragments are put together, with control frames between", "[websocket]") {
  check(part(1, "Hel") + part(0, "lo ") + part(0, "there", true), {"message Hello there"});
  check(part(1, "a") + part(9, "p", true) + part(0, "b") + part(10, "q", true) + part(0, "", true) +
            text("c"),
        {"ping p", "pong q", "message ab", "message c"});
  check(part(1, "") + part(0, "") + part(0, "", true), {"message "});
  check(part(1, "a") + close_frame(close_payload(1000)), {"close 1000 "});
}

TEST_CASE("WebSocket framing that RFC 6455 forbids is a fault", "[websocket]") {
  const auto protocol_error = [](const std::string& bytes) { check(bytes, {"fault 1002"}); };
  protocol_error(bytes_of({.payload = "hi", .is_masked = false}));
  protocol_error(bytes_of({.payload = "", .is_masked = false}));
  for (uint8_t bits = 1; bits < 8; ++bits) {
    protocol_error(bytes_of({.payload = "hi", .reserved_bits = bits}));
    protocol_error(bytes_of({.opcode = 9, .payload = "hi", .reserved_bits = bits}));
  }
  for (const uint8_t opcode : std::initializer_list<uint8_t>{3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    protocol_error(bytes_of({.opcode = opcode, .payload = "hi"}));
    check(part(1, "a") + bytes_of({.opcode = opcode}), {"fault 1002"});
  }
  for (const uint8_t opcode : std::initializer_list<uint8_t>{8, 9, 10}) {
    protocol_error(part(opcode, "hi"));
    protocol_error(bytes_of({.opcode = opcode, .payload = std::string(126, 'x')}));
    protocol_error(bytes_of({.opcode = opcode, .length_bytes = 2, .declared = 5}));
    protocol_error(bytes_of({.opcode = opcode, .length_bytes = 8, .declared = 1 << 20}));
  }
  protocol_error(part(0, "a"));
  protocol_error(part(0, "a", true));
  check(text("a") + part(0, "b", true), {"message a", "fault 1002"});
  protocol_error(part(1, "a") + text("b"));
  protocol_error(bytes_of({.payload = "hi", .length_bytes = 2}));
  protocol_error(bytes_of({.payload = std::string(125, 'x'), .length_bytes = 2}));
  protocol_error(bytes_of({.payload = "hi", .length_bytes = 8}));
  protocol_error(bytes_of({.payload = std::string(65'535, 'x'), .length_bytes = 8}));
  protocol_error(bytes_of({.length_bytes = 8, .declared = 1ULL << 63}));
}

TEST_CASE("Binary WebSocket messages are refused", "[websocket]") {
  check(part(2, "hi", true), {"fault 1003"});
  check(part(2, "hi"), {"fault 1003"});
}

TEST_CASE("A fault is told before the payload has come", "[websocket]") {
  CHECK(decode("\x82", 1) == Seen{"fault 1003"});
  CHECK(decode("\x81\x05", 1) == Seen{"fault 1002"});
  CHECK(decode("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) == Seen{"fault 1009"});
}

TEST_CASE("WebSocket messages have a largest size, however they come", "[websocket]") {
  const auto decode_small = [](const std::string& bytes) { return decode(bytes, 5, 10); };
  CHECK(decode_small(text("0123456789")) == Seen{"message 0123456789"});
  CHECK(decode_small(text("0123456789a")) == Seen{"fault 1009"});
  CHECK(decode_small(part(1, "01234") + part(0, "56789") + part(0, "", true) +
                     text("0123456789")) == Seen{"message 0123456789", "message 0123456789"});
  CHECK(decode_small(part(1, "01234") + part(0, "567890", true)) == Seen{"fault 1009"});
  std::string endless = part(1, "");
  for (int i = 0; i < 20; ++i) endless += part(0, "");
  CHECK(decode_small(endless) == Seen{"fault 1009"});
  CHECK(decode_small(part(1, "0123456789") + part(9, "0123456789abc", true) + part(0, "", true)) ==
        Seen{"ping 0123456789abc", "message 0123456789"});
}

TEST_CASE("Text must be UTF-8, wherever it is split", "[websocket]") {
  const Seen valid{"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",
                   "\xF0\x90\x80\x80",
                   "\xF4\x8F\xBF\xBF",
                   "\xED\x9F\xBF\xEE\x80\x80",
                   "\xEF\xBF\xBF\xEF\xBF\xBD",
                   "\xC2\x80\xDF\xBF\xE0\xA0\x80",
                   std::string("\0", 1)};
  for (const auto& all : valid) {
    for (size_t split = 0; split <= all.size(); ++split) {
      check(part(1, all.substr(0, split)) + part(9, "p", true) + part(0, all.substr(split), true),
            {"ping p", "message " + all});
    }
  }
  const Seen invalid{"\x80",
                     "\xBF",
                     "\xC0\xAF",
                     "\xC1\xBF",
                     "\xE0\x80\xAF",
                     "\xE0\x9F\xBF",
                     "\xF0\x8F\xBF\xBF",
                     "\xF0\x80\x80\xAF",
                     "\xED\xA0\x80",
                     "\xED\xBF\xBF",
                     "\xF4\x90\x80\x80",
                     "\xF5\x80\x80\x80",
                     "\xF8\x88\x80",
                     "\xFE",
                     "\xFF",
                     "\xC3(",
                     "a\xE2\x82",
                     "\xE2\x82(",
                     "\xF0\x9F\x98",
                     "\xCE\xBA\xE1\xBD\xED\xA0"};
  for (const auto& wrong : invalid) {
    for (size_t split = 0; split <= wrong.size(); ++split) {
      check(part(1, wrong.substr(0, split)) + part(0, wrong.substr(split), true), {"fault 1007"});
    }
  }
}

TEST_CASE("What cannot become UTF-8 is a fault before the message ends", "[websocket]") {
  CHECK(decode(bytes_of({.payload = "ab\xFF", .length_bytes = 2, .declared = 500}), 1) ==
        Seen{"fault 1007"});
  CHECK(decode(part(1, "\xF4\x90"), 64) == Seen{"fault 1007"});
}

TEST_CASE("The close of a WebSocket has a valid code and reason or neither", "[websocket]") {
  check(close_frame(""), {"close 1005 "});
  check(close_frame("\x03"), {"fault 1002"});
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4999}) {
    check(close_frame(close_payload(code)), {"close " + std::to_string(code) + " "});
  }
  for (const int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65'535}) {
    check(close_frame(close_payload(code)), {"fault 1002"});
  }
  const std::string longest(121, 'x');
  check(close_frame(close_payload(1000, longest + "\xC3\xA9")),
        {"close 1000 " + longest + "\xC3\xA9"});
  check(close_frame(close_payload(1000, "\xE2\x82\xAC")), {"close 1000 \xE2\x82\xAC"});
  check(close_frame(close_payload(1000, "\xE2\x82")), {"fault 1007"});
  check(close_frame(close_payload(1000, "a\xFF")), {"fault 1007"});
}

TEST_CASE("After a close or a fault nothing more is heard", "[websocket]") {
  check(close_frame(close_payload(1000)) + text("late") + "garbage", {"close 1000 "});
  check(bytes_of({.is_masked = false}) + text("late") + "garbage", {"fault 1002"});
}

TEST_CASE("A decoder knows when the rest of a message is yet to come", "[websocket]") {
  FrameDecoder decoder(100);
  const auto feed = [&](std::string_view bytes) {
    while (!bytes.empty()) name_of(decoder.next(bytes), decoder);
    return decoder.is_mid_message();
  };
  CHECK_FALSE(decoder.is_mid_message());
  CHECK(feed("\x81"));
  CHECK(feed(text("abc").substr(1, 7)));
  CHECK_FALSE(feed(text("abc").substr(8)));
  CHECK(feed(part(1, "abc")));
  CHECK(feed(part(9, "ping", true)));
  CHECK_FALSE(feed(part(0, "", true)));
}

TEST_CASE("A server's frames declare their length as short as it can be", "[websocket]") {
  const auto head_of = [](size_t size) {
    std::string out;
    append_frame(out, Opcode::kText, std::string(size, 'x'));
    return out.substr(0, out.size() - size);
  };
  CHECK(head_of(0) == std::string("\x81\x00", 2));
  CHECK(head_of(125) == "\x81\x7D");
  CHECK(head_of(126) == std::string("\x81\x7E\x00\x7E", 4));
  CHECK(head_of(65'535) == "\x81\x7E\xFF\xFF");
  CHECK(head_of(65'536) == std::string("\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST_CASE("A server's close fits a control frame", "[websocket]") {
  const auto close_of = [](CloseCode code, std::string_view reason) {
    std::string out;
    append_close(out, code, reason);
    return out;
  };
  CHECK(close_of(CloseCode::kNoStatus, "unused") == std::string("\x88\x00", 2));
  CHECK(close_of(CloseCode::kGoingAway, "bye") ==
        "\x88\x05\x03\xE9"
        "bye");
  const auto cut = close_of(CloseCode::kNormal, std::string(122, 'x') + "\xC3\xA9");
  CHECK(cut.size() == 2 + 124);
}

}  // namespace
}  // namespace chatgate
