#include "common/tokenizer/splitter.h"

#include <catch2/catch_all.hpp>
#include <random>
#include <string>
#include <vector>

namespace chatgate {
namespace {

using Pieces = std::vector<std::string>;

Pieces pieces_of(SplitRule rule, std::string_view text) {
  Pieces pieces;
  for (size_t at = 0; at < text.size();) {
    const size_t end = end_of_piece(rule, text, at).at;
    pieces.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return pieces;
}

TEST_CASE("words take the character before them, numbers have three digits", "[tokenizer]") {
  for (const SplitRule rule : {SplitRule::kCl100k, SplitRule::kO200k}) {
    CHECK(pieces_of(rule, "Hello, world! (yes)") ==
          Pieces{"Hello", ",", " world", "!", " (", "yes", ")"});
    CHECK(pieces_of(rule, "in 12345 days") == Pieces{"in", " ", "123", "45", " days"});
    CHECK(pieces_of(rule, "\xE4\xBD\xA0\xE5\xA5\xBD") == Pieces{"\xE4\xBD\xA0\xE5\xA5\xBD"});
  }
}

TEST_CASE("blanks end at the last line break, or before the last of them", "[tokenizer]") {
  for (const SplitRule rule : {SplitRule::kCl100k, SplitRule::kO200k}) {
    CHECK(pieces_of(rule, "a   b") == Pieces{"a", "  ", " b"});
    CHECK(pieces_of(rule, "a \n\n  b") == Pieces{"a", " \n\n", " ", " b"});
    CHECK(pieces_of(rule, "a   ") == Pieces{"a", "   "});
    CHECK(pieces_of(rule, "  !?\r\n\n  ") == Pieces{" ", " !?\r\n\n", "  "});
  }
}

TEST_CASE("the encodings differ in contractions, cases and slashes", "[tokenizer]") {
  CHECK(pieces_of(SplitRule::kCl100k, "I'LL don't") == Pieces{"I", "'LL", " don", "'t"});
  CHECK(pieces_of(SplitRule::kO200k, "I'LL don't") == Pieces{"I'LL", " don't"});
  CHECK(pieces_of(SplitRule::kCl100k, "camelCASEWord") == Pieces{"camelCASEWord"});
  CHECK(pieces_of(SplitRule::kO200k, "camelCASEWord") == Pieces{"camel", "CASEWord"});
  CHECK(pieces_of(SplitRule::kCl100k, "!\n/\n") == Pieces{"!\n", "/\n"});
  CHECK(pieces_of(SplitRule::kO200k, "!\n/\n") == Pieces{"!\n/\n"});
  // The long s is an s without regard to case; a mark is part of a word only in the newer one.
  CHECK(pieces_of(SplitRule::kCl100k, "a'\xC5\xBF") == Pieces{"a", "'\xC5\xBF"});
  CHECK(pieces_of(SplitRule::kCl100k, "ae\xCC\x81x") == Pieces{"ae", "\xCC\x81x"});
  CHECK(pieces_of(SplitRule::kO200k, "ae\xCC\x81x") == Pieces{"ae\xCC\x81x"});
}

// Whoever counts a stream relies on it.
TEST_CASE("a piece that has not seen the end stays as it is with more text", "[tokenizer]") {
  const std::vector<std::string> parts = {
      "a",  "B",  "'",        "s", "'ll",          "l",        "'re", " ",
      "\n", "1",  "!",        "/", "\xE4\xBD\xA0", "\xCC\x81", "\r",  "'\xC5\xBF",
      "  ", "Ab", "\xC7\x85", "9"};
  std::mt19937 random(Catch::getSeed());
  const auto some = [&](size_t count) {
    std::string text;
    for (; count > 0; --count) text += parts[random() % parts.size()];
    return text;
  };
  size_t stable = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = some(1 + random() % 8), longer = text + some(4);
    for (const SplitRule rule : {SplitRule::kCl100k, SplitRule::kO200k}) {
      const PieceEnd end = end_of_piece(rule, text, 0);
      if (end.saw_end) continue;
      ++stable;
      CHECK(end_of_piece(rule, longer, 0).at == end.at);
    }
  }
  CHECK(stable > 1000);
}

}  // namespace
}  // namespace chatgate
