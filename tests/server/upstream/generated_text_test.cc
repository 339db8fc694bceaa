#include "server/upstream/generated_text.h"

#include <catch2/catch_all.hpp>
#include <string>

namespace chatgate {
namespace {

int64_t tokens_of(std::string_view raw, size_t bytes_each) {
  GeneratedText text(o200k_base());
  for (size_t at = 0; at < raw.size(); at += bytes_each) {
    text.feed_string(raw.substr(at, bytes_each));
  }
  text.end_string();
  return text.tokens();
}

TEST_CASE("text in JSON counts as what it means, wherever it is split", "[tokenizer]") {
  const auto [raw, meaning] = GENERATE(table<std::string, std::string>({
      {"Hello, world", "Hello, world"},
      {R"(a\n\"b\" \\ \/ c\t)", "a\n\"b\" \\ / c\t"},
      {R"(caf\u00e9 \u4f60\u597d)", "caf\u00e9 \u4f60\u597d"},
      {R"(\ud83d\ude00\ud83d\udc4d!)", "\U0001F600\U0001F44D!"},
      {"\xE4\xBD\xA0\xE5\xA5\xBD", "\u4f60\u597d"},
      {R"(\ud83d)", "\uFFFD"},
      {R"(\ud83d x)", "\uFFFD x"},
      {R"(\ud83d\n)", "\uFFFD\n"},
      {R"(\ud83d\ude)", "\uFFFD"},
      {R"(\uZZZZa)", "\uFFFDa"},
      {R"(\qa)", "\uFFFDa"},
      {R"(a\)", "a\uFFFD"},
  }));
  for (const size_t bytes : {1U, 2U, 3U, 5U, 7U, 100U}) {
    INFO(raw << " in parts of " << bytes);
    CHECK(tokens_of(raw, bytes) == o200k_base().count(meaning));
  }
}

TEST_CASE("strings are one text until it is ended", "[tokenizer]") {
  GeneratedText text(o200k_base());
  const auto feed = [&](std::string_view raw) {
    text.feed_string(raw);
    text.end_string();
  };
  feed("Hel");
  feed("lo");
  CHECK(text.tokens() == 1);
  CHECK(text.take_news());
  CHECK_FALSE(text.take_news());
  text.end_text();
  feed("Hel");
  text.end_text();
  feed("lo");
  CHECK(text.tokens() == 3);
}

}  // namespace
}  // namespace chatgate
