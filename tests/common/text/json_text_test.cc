#include "common/text/json_text.h"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace chatgate;

namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

TEST_CASE("JSON strings are plain ASCII and mean what was given") {
  CHECK(json_of("gpt-4o") == R"("gpt-4o")");
  CHECK(json_of("") == R"("")");
  CHECK(json_of("a\"b\\c\n") == R"("a\"b\\c\n")");
  CHECK(json_of("\xc3\xa9\xf0\x9f\x98\x80") == R"("\u00e9\ud83d\ude00")");
  CHECK(json_of("\x7f\x1b") == R"("\u007f\u001b")");
}

TEST_CASE("every string of bytes becomes valid JSON") {
  for (int first = 0; first < 256; ++first) {
    for (const int second : {0x00, 0x22, 0x5c, 0x80, 0xbf, 0xc3, 0xff}) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
      const std::string json = json_of(bytes);
      REQUIRE(nlohmann::json::accept(json));
      REQUIRE(std::ranges::all_of(json, [](char c) { return c >= ' ' && c < 0x7f; }));
    }
  }
  CHECK(json_of("\xff") == R"("\ufffd")");
}
