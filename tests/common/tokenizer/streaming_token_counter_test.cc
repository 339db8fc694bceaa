#include "common/tokenizer/streaming_token_counter.h"

#include <catch2/catch_all.hpp>
#include <random>
#include <string>
#include <vector>

namespace chatgate {
namespace {

int64_t count_in_parts(const Encoding& encoding, std::string_view text, size_t bytes) {
  StreamingTokenCounter counter(encoding);
  for (size_t at = 0; at < text.size(); at += bytes) counter.feed(text.substr(at, bytes));
  return counter.tokens();
}

std::string some_text(size_t bytes, std::mt19937& random) {
  const std::vector<std::string> parts = {"the ",
                                          "I'll",
                                          " don't",
                                          "\n\n",
                                          "    ",
                                          "\xE4\xBD\xA0\xE5\xA5\xBD",
                                          "123",
                                          "4567",
                                          "!!!",
                                          "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD",
                                          "CamelCase",
                                          "\xD0\xBF\xD1\x80\xD0\xB8 ",
                                          "/",
                                          "\r\n",
                                          "\xE4\xB8",
                                          "\xFF",
                                          "x",
                                          "----------------",
                                          "supercalifragilisticexpialidocious"};
  std::string text;
  while (text.size() < bytes) text += parts[random() % parts.size()];
  return text;
}

TEST_CASE("a text counts the same in whatever parts it comes", "[tokenizer]") {
  std::mt19937 random(Catch::getSeed());
  for (int i = 0; i < 60; ++i) {
    const std::string text = some_text(1 + random() % 3000, random);
    for (const auto* encoding : {&cl100k_base(), &o200k_base()}) {
      const int64_t count = encoding->count(text);
      for (const size_t bytes : {1U, 2U, 3U, 5U, 64U, 255U, 256U, 257U, 1000U, 10000U}) {
        CHECK(count_in_parts(*encoding, text, bytes) == count);
      }
    }
  }
}

TEST_CASE("a counter may be asked at any time", "[tokenizer]") {
  std::mt19937 random(Catch::getSeed());
  const std::string text = some_text(2000, random);
  StreamingTokenCounter counter(o200k_base());
  CHECK(counter.tokens() == 0);
  for (size_t at = 0; at < text.size(); ++at) {
    counter.feed(text.substr(at, 1));
    CHECK(counter.tokens() == o200k_base().count(text.substr(0, at + 1)));
  }
}

TEST_CASE("a run without a break counts nearly the same", "[tokenizer]") {
  std::mt19937 random(Catch::getSeed());
  for (const std::string_view alphabet :
       {"a", "etaoinshr", " \t", "=-", "!?*+", "abcdefghijklmnopqrstuvwxyz"}) {
    std::string text;
    while (text.size() < 300000) text += alphabet[random() % alphabet.size()];
    for (const auto* encoding : {&cl100k_base(), &o200k_base()}) {
      const int64_t count = encoding->count(text);
      const auto seams = static_cast<int64_t>(text.size() / StreamingTokenCounter::kRunBytesMax);
      INFO(encoding->name() << " " << alphabet);
      CHECK(std::abs(count_in_parts(*encoding, text, 5) - count) <= 4 * seams);
    }
  }
}

}  // namespace
}  // namespace chatgate
