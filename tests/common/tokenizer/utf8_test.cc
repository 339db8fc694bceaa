#include "common/tokenizer/utf8.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

using namespace std::string_literals;

TEST_CASE("valid UTF-8 stays as it is", "[tokenizer]") {
  const std::string text = "plain, \xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80\xEF\xBB\xBF\0"s;
  CHECK(valid_utf8_bytes(text) == text.size());
  CHECK(with_replacements(text) == text);
}

// The Unicode Standard, chapter 3.9, tables 3-8 to 3-11: "U+FFFD Substitution of Maximal Subparts".
TEST_CASE("what could have become a character is replaced as one", "[tokenizer]") {
  const std::string r = "\uFFFD";
  CHECK(with_replacements("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") ==
        r + r + r + r + r + r + r + r + "A");
  CHECK(with_replacements("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41") ==
        r + r + r + r + r + r + r + r + "A");
  CHECK(with_replacements("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42") ==
        r + r + r + r + r + "A" + r + r + "B");
  CHECK(with_replacements("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == r + r + r + r + "A");
}

TEST_CASE("the beginning of a character at the end may still be finished", "[tokenizer]") {
  CHECK(unfinished_utf8_bytes("") == 0);
  CHECK(unfinished_utf8_bytes("a") == 0);
  CHECK(unfinished_utf8_bytes("a\xC3") == 1);
  CHECK(unfinished_utf8_bytes("a\xC3\xA9") == 0);
  CHECK(unfinished_utf8_bytes("\xE4\xBD") == 2);
  CHECK(unfinished_utf8_bytes("a\xF0\x9F\x98") == 3);
  CHECK(unfinished_utf8_bytes("a\xF0\x9F\x98\x80") == 0);
  CHECK(unfinished_utf8_bytes("\xE0\x80") == 0);  // overlong
  CHECK(unfinished_utf8_bytes("\x80") == 0);
  CHECK(unfinished_utf8_bytes("\x80\x80\x80\x80\x80") == 0);
}

}  // namespace
}  // namespace chatgate
