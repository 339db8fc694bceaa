// Tokens of any bytes: they give the text again, the count is that of the tokens, in whatever parts
// it is counted, and a limit cuts it off.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "common/tokenizer/encoding.h"
#include "common/tokenizer/streaming_token_counter.h"
#include "common/tokenizer/utf8.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

FUZZ_TARGET(tokenizer,
            "I'll \xC3\x84ndern 12345 \xE4\xBD\xA0\xE5\xA5\xBD\r\n\t  <|endoftext|> "
            "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD \xE4\xB8 aaaaaaaaaaaaaaaaaaaaa!!!!??\xCC\x81 //\n") {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto* encoding : {&chatgate::cl100k_base(), &chatgate::o200k_base()}) {
    const auto tokens = encoding->encode(text);
    const auto count = static_cast<int64_t>(tokens.size());
    require(encoding->decode(tokens) == chatgate::with_replacements(text));
    require(encoding->count(text) == count);
    for (const int64_t limit : {int64_t{0}, int64_t{3}, count, count + 1}) {
      require(encoding->count_up_to(text, limit) == std::min(limit, count));
    }
    if (size >= chatgate::StreamingTokenCounter::kRunBytesMax) continue;
    for (const size_t part : {1U, 7U, 300U}) {
      chatgate::StreamingTokenCounter counter(*encoding);
      for (size_t at = 0; at < size; at += part) counter.feed(text.substr(at, part));
      require(counter.tokens() == count);
    }
  }
  return 0;
}
