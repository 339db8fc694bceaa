#include "server/json/json_cursor.h"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace chatgate {
namespace {

using nlohmann::json;

TEST_CASE("a string's break is found at every distance", "[json]") {
  for (const char stop : {'"', '\\', '\x01', '\0', '\x1f', '\n'}) {
    for (size_t before = 0; before < 40; ++before) {
      for (const char filler : {'x', ' ', '!', '#', '[', ']', '\x7f', '\x80', '\xff'}) {
        std::string text(before, filler);
        text += stop;
        text += std::string(20, '"');
        uint64_t high_bits = 0;
        REQUIRE(find_string_break(text, 0, high_bits) == before);
        REQUIRE((high_bits != 0) == (before > 0 && filler < 0));
      }
    }
  }
  uint64_t high_bits = 0;
  CHECK(find_string_break(std::string(100, 'x'), 3, high_bits) == 100);
  CHECK(find_string_break("\"\xff\xff\xff\xff\xff\xff\xff", 0, high_bits) == 0);
  CHECK(high_bits == 0);
}

TEST_CASE("strings mean what another parser says", "[json]") {
  for (const std::string raw : {"", "abc", "\\\"\\\\\\/\\b\\f\\n\\r\\t",
                                "\\u0000\\u001f\\u007f\\u0080\\u07ff\\u0800\\uffff",
                                "\\ud800\\udc00 \\uDBFF\\uDFFF", "\xc3\xa9\\u00E9"}) {
    const std::string quoted = '"' + raw + '"';
    JsonCursor cursor(quoted);
    JsonString string;
    REQUIRE(cursor.take_string(string));
    CHECK(cursor.is_at_end());
    const std::string meaning = json_unescaped(cursor.text_of(string));
    CHECK(meaning == json::parse(quoted).get<std::string>());
    std::string escaped = "\"";
    append_json_escaped(escaped, meaning);
    CHECK(json::parse(escaped + '"') == meaning);
  }
}

TEST_CASE("numbers are taken whole or not at all", "[json]") {
  for (const std::string text : {"0", "-0", "10", "1.5", "-1.5e10", "1E+2", "1e-2", "0.0"}) {
    JsonCursor cursor(text);
    CHECK(cursor.take_number());
    CHECK(cursor.is_at_end());
  }
  for (const std::string text : {"", "-", "+1", ".5", "1.", "1e", "1e+", "-a", "1e400", "--1"}) {
    JsonCursor cursor(text);
    CHECK_FALSE(cursor.take_number());
  }
  const std::string huge(400, '9');
  CHECK_FALSE(JsonCursor(huge).take_number());
}

}  // namespace
}  // namespace chatgate
