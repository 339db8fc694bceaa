// Encodes texts for the tests: each line of stdin is the name of an encoding, a space, and a text
// in hexadecimal; each line of stdout its tokens, separated by spaces. Fails when the same text's
// count, or its count in parts, is another, or when the tokens do not give the text again. Instead
// of an encoding a line may begin with "model": then the text is the name of a model, and what is
// printed the name of its encoding, or "unknown".
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "common/tokenizer/encoding.h"
#include "common/tokenizer/model_encoding.h"
#include "common/tokenizer/streaming_token_counter.h"
#include "common/tokenizer/utf8.h"

namespace {

using chatgate::Encoding;
using chatgate::StreamingTokenCounter;

void require(bool condition, const char* what) {
  if (condition) return;
  std::cerr << "tokenize: " << what << '\n';
  std::exit(1);
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

int64_t count_in_parts(const Encoding& encoding, std::string_view text, size_t bytes) {
  StreamingTokenCounter counter(encoding);
  for (; !text.empty(); text.remove_prefix(std::min(bytes, text.size()))) {
    counter.feed(text.substr(0, bytes));
  }
  return counter.tokens();
}

void print_tokens(const Encoding& encoding, std::string_view text, size_t bytes_each) {
  const auto tokens = encoding.encode(text);
  const auto count = static_cast<int64_t>(tokens.size());
  require(encoding.count(text) == count, "count() and encode() differ");
  require(encoding.decode(tokens) == chatgate::with_replacements(text), "the text has changed");
  if (text.size() < StreamingTokenCounter::kRunBytesMax) {
    require(count_in_parts(encoding, text, bytes_each) == count, "parts count differently");
  }
  for (size_t i = 0; i < tokens.size(); ++i) std::cout << (i == 0 ? "" : " ") << tokens[i];
  std::cout << '\n';
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  size_t lines = 0;
  for (std::string name, digits; std::cin >> name && std::getline(std::cin, digits); ++lines) {
    const std::string text = from_hex(std::string_view(digits).substr(1));
    if (name == "model") {
      const bool is_known = chatgate::has_known_encoding(text);
      std::cout << (is_known ? chatgate::encoding_for(text).name() : "unknown") << '\n';
      continue;
    }
    const bool is_old = name == chatgate::cl100k_base().name();
    const Encoding& encoding = is_old ? chatgate::cl100k_base() : chatgate::o200k_base();
    require(encoding.name() == name, "no such encoding");
    print_tokens(encoding, text, lines % 13 + 1);
  }
}
