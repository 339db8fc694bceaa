// How fast tokens are counted, by the kind of text:
//
//     bench_tokenizer SOURCE_FOLDER
//
// prints lines "encoding <tab> text <tab> MB/s". Ordinary texts come from the source itself; the
// others are what a text can be made of to be slow.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "common/tokenizer/encoding.h"
#include "support.h"

namespace {

constexpr size_t kTextBytes = size_t{1} << 20;
constexpr int64_t kMeasuredNanosMin = 200 * bench::kNanosPerMilli;

struct Text {
  const char* name;
  std::string bytes;
};

std::string repeated(std::string_view unit) {
  std::string text;
  while (text.size() < kTextBytes) text += unit;
  return text;
}

std::string file(const std::string& path) {
  std::ifstream stream(path);
  const std::string bytes(std::istreambuf_iterator<char>(stream), {});
  if (bytes.empty()) bench::give_up("'" + path + "' cannot be read");
  return repeated(bytes);
}

// Characters of `bytes_each` bytes in any order.
std::string any_of(std::string_view characters, size_t bytes_each) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < kTextBytes) {
    const size_t at = random() % (characters.size() / bytes_each);
    text += characters.substr(at * bytes_each, bytes_each);
  }
  return text;
}

std::string any_bytes() {
  std::mt19937 random(1);
  std::string text(kTextBytes, ' ');
  std::generate(text.begin(), text.end(), [&] { return static_cast<char>(random()); });
  return text;
}

std::vector<Text> texts(const std::string& source) {
  return {
      {"English with Markdown", file(source + "/README.md")},
      {"C++", file(source + "/common/tokenizer/splitter.cc")},
      {"Chinese", repeated("今天天气很好，我们一起去公园散步吧。")},
      {"Russian", repeated("Сегодня хорошая погода, и мы пойдём гулять в парк. ")},
      {"emoji", repeated("👍🏽👨‍👩‍👧‍👦 😀")},
      {"Chinese characters without sense, 1 MB",
       any_of("的一是不了人我在有他这为之大来以个中上们", 3)},
      {"one letter, 1 MB", repeated("a")},
      {"one dash, 1 MB", repeated("-")},
      {"letters without sense, 1 MB", any_of("abcdefghijklmnopqrstuvwxyz", 1)},
      {"frequent letters without sense, 1 MB", any_of("etaoinshr", 1)},
      {"base64, 1 MB",
       any_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 1)},
      {"digits, 1 MB", any_of("0123456789", 1)},
      {"punctuation, 1 MB", any_of("!@#$%^&*()-=_+[]{};:,.<>?/|~`", 1)},
      {"blanks and tabs, 1 MB", any_of(" \t", 1)},
      {"any bytes, 1 MB", any_bytes()},
  };
}

double mb_per_second(const chatgate::Encoding& encoding, const std::string& text) {
  const int64_t start = bench::now_ns();
  int64_t counted_bytes = 0, tokens = 0, elapsed = 0;
  do {
    tokens += encoding.count(text);
    counted_bytes += static_cast<int64_t>(text.size());
    elapsed = bench::now_ns() - start;
  } while (elapsed < kMeasuredNanosMin);
  if (tokens == 0) bench::give_up("the text has no tokens");
  return static_cast<double>(counted_bytes) * 1e3 / static_cast<double>(elapsed);
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 2) bench::give_up("usage: bench_tokenizer SOURCE_FOLDER");
  for (const Text& text : texts(arguments[1])) {
    for (const auto* encoding : {&chatgate::cl100k_base(), &chatgate::o200k_base()}) {
      std::printf("%s\t%s\t%.1f\n", std::string(encoding->name()).c_str(), text.name,
                  mb_per_second(*encoding, text.bytes));
    }
  }
  return 0;
}
