#include "common/tokenizer/encoding.h"

#include <algorithm>

#include "common/tokenizer/piece_encoder.h"
#include "common/tokenizer/utf8.h"

// Of tables.S: see tokenTable() in cmake/tokenizer/generate.mjs.
extern "C" const unsigned char chatgate_cl100k_base[];
extern "C" const unsigned char chatgate_o200k_base[];

namespace chatgate {
namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// A text as UTF-8: itself, or a repaired copy.
class Utf8Text {
 public:
  explicit Utf8Text(std::string_view bytes) : view_(bytes) {
    if (valid_utf8_bytes(bytes) < bytes.size()) view_ = repaired_ = with_replacements(bytes);
  }
  Utf8Text(const Utf8Text&) = delete;
  Utf8Text& operator=(const Utf8Text&) = delete;
  std::string_view view() const { return view_; }

 private:
  std::string repaired_;
  std::string_view view_;
};

}  // namespace

Encoding::Encoding(std::string_view name, SplitRule rule, const unsigned char* table)
    : name_(name), rule_(rule), table_(table) {}

int64_t Encoding::count(std::string_view text) const { return take(text, kNoLimit, nullptr); }

int64_t Encoding::count_up_to(std::string_view text, int64_t limit) const {
  // No token is longer than kTokenBytesMax, and U+FFFD is not shorter than what it stands for.
  const auto least = static_cast<int64_t>(text.size() / kTokenBytesMax);
  if (limit <= 0 || least >= limit) return std::max<int64_t>(limit, 0);
  return std::min(limit, take(text, limit, nullptr));
}

std::vector<TokenRank> Encoding::encode(std::string_view text) const {
  std::vector<TokenRank> tokens;
  take(text, kNoLimit, &tokens);
  return tokens;
}

std::string Encoding::decode(std::span<const TokenRank> tokens) const {
  std::string text;
  for (const TokenRank rank : tokens) {
    if (rank < table_.size()) text += table_.bytes_of(rank);
  }
  return text;
}

// Stops once there are `limit` tokens.
int64_t Encoding::take(std::string_view text, int64_t limit, std::vector<TokenRank>* tokens) const {
  const Utf8Text utf8(text);
  int64_t count = 0;
  for (size_t at = 0; at < utf8.view().size() && count < limit;) {
    const size_t end = end_of_piece(rule_, utf8.view(), at).at;
    count += encode_piece(table_, utf8.view().substr(at, end - at), tokens);
    at = end;
  }
  return count;
}

const Encoding& cl100k_base() {
  static const Encoding encoding("cl100k_base", SplitRule::kCl100k, chatgate_cl100k_base);
  return encoding;
}

const Encoding& o200k_base() {
  static const Encoding encoding("o200k_base", SplitRule::kO200k, chatgate_o200k_base);
  return encoding;
}

}  // namespace chatgate
