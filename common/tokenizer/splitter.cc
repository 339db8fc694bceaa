// The expressions, as the npm package `tiktoken` has them in its registry.json, one alternative in
// each line; the first that matches at a place takes all it can:
//
//   cl100k_base                              o200k_base
//   (?i:'s|'t|'re|'ve|'m|'ll|'d)
//   [^\r\n\p{L}\p{N}]?\p{L}+                 [^\r\n\p{L}\p{N}]?[UB]*[LB]+(?i:'s|'t|'re|...)?
//                                            [^\r\n\p{L}\p{N}]?[UB]+[LB]*(?i:'s|'t|'re|...)?
//   \p{N}{1,3}                               \p{N}{1,3}
//    ?[^\s\p{L}\p{N}]+[\r\n]*                 ?[^\s\p{L}\p{N}]+[\r\n/]*
//   \s*[\r\n]+                               \s*[\r\n]+
//   \s+(?!\S)                                \s+(?!\S)
//   \s+                                      \s+
//
// where U is an upper or title case letter, L a lower case letter, and B one without a case or a
// mark. Each function below is one alternative and answers where it ends, or kNowhere. A character
// is looked at a bounded number of times: what an alternative has run over and then gives back is
// at most run over once more by the one that takes it.
#include "common/tokenizer/splitter.h"

#include "common/tokenizer/character_class.h"

namespace chatgate {
namespace {

constexpr size_t kNowhere = 0;                         // no piece ends at the beginning of the text
constexpr uint8_t kNoLetterOrDigit = kMark | kSymbol;  // [^\s\p{L}\p{N}]
constexpr uint8_t kUpperPart = kUpper | kUncased | kMark;
constexpr uint8_t kLowerPart = kLower | kUncased | kMark;
constexpr size_t kDigitsMax = 3;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool saw_end() const { return saw_end_; }

  Character character(size_t at) {
    if (at < text_.size()) return character_at(text_, at);
    saw_end_ = true;
    return {};
  }

  // 0 behind the end. A byte of 0 in the text is none that anyone looks for.
  char byte(size_t at) {
    if (at < text_.size()) return text_[at];
    saw_end_ = true;
    return 0;
  }

  size_t skip(size_t at, uint8_t kinds) {
    for (Character next = character(at); (next.kind & kinds) != 0; next = character(at)) {
      at += next.bytes;
    }
    return at;
  }

 private:
  std::string_view text_;
  bool saw_end_ = false;
};

// (?i:'s|'t|'re|'ve|'m|'ll|'d)
size_t end_of_contraction(Reader& reader, size_t from) {
  const auto lower = [&](size_t at) { return static_cast<char>(reader.byte(at) | 0x20); };
  if (reader.byte(from) != '\'') return kNowhere;
  switch (lower(from + 1)) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return from + 2;
    case 'r':
    case 'v':
      return lower(from + 2) == 'e' ? from + 3 : kNowhere;
    case 'l':
      return lower(from + 2) == 'l' ? from + 3 : kNowhere;
    default:  // without regard to case, an s is also U+017F, the long one
      return reader.byte(from + 1) == '\xC5' && reader.byte(from + 2) == '\xBF' ? from + 3
                                                                                : kNowhere;
  }
}

// [^\r\n\p{L}\p{N}]?\p{L}+
size_t end_of_word(Reader& reader, size_t from) {
  const Character first = reader.character(from);
  if ((first.kind & (kNewline | kNumber)) != 0) return kNowhere;
  const size_t second = from + first.bytes;
  const size_t end = reader.skip(second, kLetter);
  return (first.kind & kLetter) != 0 || end > second ? end : kNowhere;
}

// [UB]*[LB]+
size_t end_of_lower_word(Reader& reader, size_t from) {
  size_t at = from, end_of_last_uncased = kNowhere;
  Character next = reader.character(at);
  for (; (next.kind & kUpperPart) != 0; next = reader.character(at)) {
    at += next.bytes;
    if ((next.kind & (kUncased | kMark)) != 0) end_of_last_uncased = at;
  }
  return (next.kind & kLower) != 0 ? reader.skip(at, kLowerPart) : end_of_last_uncased;
}

// [UB]+[LB]*, where [UB]*[LB]+ does not match: so these are upper case letters.
size_t end_of_upper_word(Reader& reader, size_t from) {
  const size_t end = reader.skip(from, kUpper);
  return end > from ? end : kNowhere;
}

// [^\r\n\p{L}\p{N}]?WORD(?i:'s|'t|'re|'ve|'m|'ll|'d)? with either of the words above. What may
// stand before it may be a mark, which may also be a part of it.
size_t end_of_cased_word(Reader& reader, size_t from, size_t (*end_of)(Reader&, size_t)) {
  const Character first = reader.character(from);
  if ((first.kind & (kNewline | kNumber)) != 0) return kNowhere;
  size_t end = kNowhere;
  if ((first.kind & kLetter) == 0) end = end_of(reader, from + first.bytes);
  if (end == kNowhere) end = end_of(reader, from);
  if (end == kNowhere) return kNowhere;
  const size_t behind = end_of_contraction(reader, end);
  return behind == kNowhere ? end : behind;
}

// \p{N}{1,3}
size_t end_of_number(Reader& reader, size_t from) {
  size_t at = from;
  for (size_t digits = 0; digits < kDigitsMax; ++digits) {
    const Character next = reader.character(at);
    if (next.kind != kNumber) break;
    at += next.bytes;
  }
  return at > from ? at : kNowhere;
}

//  ?[^\s\p{L}\p{N}]+[\r\n]* or, with slashes,  ?[^\s\p{L}\p{N}]+[\r\n/]*
size_t end_of_symbols(Reader& reader, size_t from, bool with_slashes) {
  const size_t start = from + (reader.byte(from) == ' ' ? 1 : 0);
  size_t at = reader.skip(start, kNoLetterOrDigit);
  if (at == start) return kNowhere;
  while (reader.character(at).kind == kNewline || (with_slashes && reader.byte(at) == '/')) ++at;
  return at;
}

// \s*[\r\n]+|\s+(?!\S)|\s+: all up to the last line break, or else all but the last, which may
// belong to what follows, unless nothing does.
size_t end_of_blanks(Reader& reader, size_t from) {
  size_t at = from, start_of_last = from, end_of_lines = kNowhere;
  Character next = reader.character(at);
  for (; (next.kind & kBlank) != 0; next = reader.character(at)) {
    start_of_last = at;
    at += next.bytes;
    if (next.kind == kNewline) end_of_lines = at;
  }
  if (end_of_lines != kNowhere) return end_of_lines;
  return next.kind == 0 || start_of_last == from ? at : start_of_last;
}

size_t end_in_cl100k(Reader& reader, size_t from) {
  size_t end = end_of_contraction(reader, from);
  if (end == kNowhere) end = end_of_word(reader, from);
  if (end == kNowhere) end = end_of_number(reader, from);
  if (end == kNowhere) end = end_of_symbols(reader, from, false);
  return end == kNowhere ? end_of_blanks(reader, from) : end;
}

size_t end_in_o200k(Reader& reader, size_t from) {
  size_t end = end_of_cased_word(reader, from, end_of_lower_word);
  if (end == kNowhere) end = end_of_cased_word(reader, from, end_of_upper_word);
  if (end == kNowhere) end = end_of_number(reader, from);
  if (end == kNowhere) end = end_of_symbols(reader, from, true);
  return end == kNowhere ? end_of_blanks(reader, from) : end;
}

}  // namespace

PieceEnd end_of_piece(SplitRule rule, std::string_view text, size_t from) {
  Reader reader(text);
  const size_t end =
      rule == SplitRule::kCl100k ? end_in_cl100k(reader, from) : end_in_o200k(reader, from);
  return {end, reader.saw_end()};
}

}  // namespace chatgate
