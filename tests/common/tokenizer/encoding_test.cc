// Equality with the npm package is what tests/acceptance/tokenizer.sh proves; here stands what can
// be told without it.
#include "common/tokenizer/encoding.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <catch2/catch_all.hpp>
#include <map>
#include <random>
#include <string>

#include "common/tokenizer/piece_encoder.h"

namespace chatgate {
namespace {

using Tokens = std::vector<TokenRank>;

std::string repeated(std::string_view unit, size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit;
  return text;
}

// The definition, at the cost of the square of the length: merge the two neighbours whose token has
// the lowest rank, the leftmost of equals, until none make a token.
class Definition {
 public:
  explicit Definition(const TokenTable& table) {
    for (TokenRank rank = 0; rank < table.size(); ++rank) ranks_[table.bytes_of(rank)] = rank;
  }

  Tokens encode(std::string_view piece) const {
    std::vector<std::string_view> parts;
    for (size_t i = 0; i < piece.size(); ++i) parts.push_back(piece.substr(i, 1));
    while (true) {
      size_t best = parts.size();
      TokenRank lowest = kNoToken;
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const TokenRank rank = rank_of(joined(parts[i], parts[i + 1]));
        if (rank < lowest) lowest = rank, best = i;
      }
      if (best == parts.size()) break;
      parts[best] = joined(parts[best], parts[best + 1]);
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    Tokens tokens;
    for (const auto part : parts) tokens.push_back(rank_of(part));
    return tokens;
  }

 private:
  static std::string_view joined(std::string_view left, std::string_view right) {
    return {left.data(), left.size() + right.size()};
  }
  TokenRank rank_of(std::string_view bytes) const {
    const auto found = ranks_.find(bytes);
    return found == ranks_.end() ? kNoToken : found->second;
  }

  std::map<std::string_view, TokenRank> ranks_;
};

TEST_CASE("texts have the tokens that OpenAI's tokenizer page shows", "[tokenizer]") {
  CHECK(cl100k_base().encode("hello world") == Tokens{15339, 1917});
  CHECK(o200k_base().encode("hello world") == Tokens{24912, 2375});
  CHECK(o200k_base().encode("").empty());
  CHECK(o200k_base().count("") == 0);
}

TEST_CASE("the text of a special token is plain text", "[tokenizer]") {
  for (const auto* encoding : {&cl100k_base(), &o200k_base()}) {
    CHECK(encoding->count("<|endoftext|>") > 1);
    CHECK(encoding->decode(encoding->encode("<|endoftext|>")) == "<|endoftext|>");
  }
}

TEST_CASE("every token is the encoding of its bytes", "[tokenizer]") {
  for (const auto* encoding : {&cl100k_base(), &o200k_base()}) {
    const TokenTable& table = encoding->table();
    size_t wrong = 0;
    for (TokenRank rank = 0; rank < table.size(); ++rank) {
      Tokens tokens;
      encode_piece(table, table.bytes_of(rank), &tokens);
      if (tokens != Tokens{rank}) ++wrong;
    }
    CHECK(wrong == 0);
    CHECK(table.size() > 100000);
  }
}

TEST_CASE("pieces are merged as the definition says", "[tokenizer]") {
  const std::vector<std::string> alphabets = {"a",
                                              "ab",
                                              " \t",
                                              "etaoinshr",
                                              "abcdefghijklmnopqrstuvwxyz",
                                              "=-",
                                              "0123456789abcdefABCDEF",
                                              "\xE4\xE5\xB8\xBA\x80\x9A\xBB",
                                              "\xD0\xD1\xB0\xBE\x82\x80",
                                              "The\n\r in/er.,;:<>"};
  for (const auto* encoding : {&cl100k_base(), &o200k_base()}) {
    const Definition definition(encoding->table());
    std::mt19937 random(Catch::getSeed());
    for (int i = 0; i < 3000; ++i) {
      const std::string& alphabet = alphabets[random() % alphabets.size()];
      std::string piece;
      // Longer ones too, which take their room from the heap.
      for (size_t length = 1 + random() % (i % 20 == 0 ? 400 : 60); piece.size() < length;) {
        if (random() % 4 == 0) {
          piece += encoding->table().bytes_of(
              static_cast<TokenRank>(random() % encoding->table().size()));
        } else {
          piece += alphabet[random() % alphabet.size()];
        }
      }
      Tokens tokens;
      const int64_t count = encode_piece(encoding->table(), piece, &tokens);
      CHECK(count == static_cast<int64_t>(tokens.size()));
      if (tokens != definition.encode(piece))
        FAIL_CHECK("a piece of " << piece.size() << " bytes: " << piece);
    }
  }
}

TEST_CASE("counting up to a limit gives the limit or the count", "[tokenizer]") {
  const std::string text = "one two three four five";
  const int64_t count = o200k_base().count(text);
  REQUIRE(count == 5);
  for (int64_t limit = -1; limit < 8; ++limit) {
    CHECK(o200k_base().count_up_to(text, limit) == std::clamp<int64_t>(limit, 0, count));
  }
  CHECK(o200k_base().count_up_to(repeated("a", 1 << 20), 100) == 100);
}

TEST_CASE("bytes that are not UTF-8 count as U+FFFD", "[tokenizer]") {
  for (const auto* encoding : {&cl100k_base(), &o200k_base()}) {
    CHECK(encoding->encode("a\xE4\xB8 b\xFF") == encoding->encode("a\uFFFD b\uFFFD"));
  }
}

TEST_CASE("ranks that the encoding lacks decode to nothing", "[tokenizer]") {
  CHECK(cl100k_base().decode(Tokens{15339, 100257, kNoToken, 1917}) == "hello world");
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_of(const Encoding& encoding, const std::string& text) {
  double fastest = 1e9;
  for (int i = 0; i < 3; ++i) {
    const double start = cpu_seconds();
    CHECK(encoding.count(text) > 0);
    fastest = std::min(fastest, cpu_seconds() - start);
  }
  return fastest;
}

TEST_CASE("time is linear, however a text is made to be slow", "[tokenizer]") {
  constexpr size_t kTimes = 16;
  constexpr size_t kBytes = size_t{1} << 20;
  const auto unit =
      GENERATE(as<std::string>{}, "a", "A", "aA", "ab", " ", "\n", " \n", "!", "=-", "'", "'s", "1",
               "/", "\xE5\x93\x88", "\xF0\x9F\x98\x80", "\xCC\x81", "\xCC\x81U", "\xE5\x93\x88U",
               "\xFF", "\t ", "--------=", "-", "=", "\t\t                      ",
               "abcdefghijklmnopqrstuvwxyz", " a", "zyxwvutsrqponmlkjihgfedcba");
  for (const auto* encoding : {&cl100k_base(), &o200k_base()}) {
    const double small = seconds_of(*encoding, repeated(unit, kBytes / kTimes));
    const double large = seconds_of(*encoding, repeated(unit, kBytes));
    INFO(encoding->name() << ", repeated: " << unit << ": " << small << " s, " << large << " s");
    CHECK(large < small * kTimes * 6);  // by the square it were 16 times as much
  }
}

TEST_CASE("a coroutine's stack is enough", "[tokenizer]") {
  const auto body = [](void* result) -> void* {
    const std::string text = repeated("a", 1 << 20) + repeated(" \t", 5000) + "\xFF";
    *static_cast<int64_t*>(result) = cl100k_base().count(text) + o200k_base().count(text);
    return nullptr;
  };
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, 65536) == 0);
  int64_t count = 0;
  pthread_t thread{};
  REQUIRE(pthread_create(&thread, &attributes, body, &count) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
  CHECK(count > 0);
}

}  // namespace
}  // namespace chatgate
