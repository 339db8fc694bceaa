// Reads, while an upstream's JSON answer passes by, the few members that metering needs. Memory
// stays constant whatever the answer's length and nesting. One scanner for one answer (or event) at
// a time, used by one coroutine at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/domain/price.h"
#include "server/upstream/generated_text.h"

namespace chatgate {

// Taken from the outermost object and from its member `response` (events of the Responses API).
struct AnswerFacts {
  std::string id, model, type;      // empty: absent, not text, or longer than kAnswerTextBytesMax
  std::optional<TokenUsage> usage;  // only when all its counts are whole and in range
  bool has_usage_object = false;    // `usage` was an object, understood or not
  bool has_error = false;           // `error` is there and not null
  bool has_choices = false;         // `choices` is an array
  bool choices_empty = false;       // ... of nothing
  bool has_content = false;         // some member that holds generated text or media is not empty
};

inline constexpr size_t kAnswerTextBytesMax = 256;
inline constexpr size_t kUsageBytesMax = 16384;

// Takes an answer in pieces split at any byte. It does not validate: broken JSON yields facts that
// may be wrong in themselves, but never more than the bounds above.
class JsonAnswerScanner {
 public:
  void feed(std::string_view bytes);
  void reset();
  // From here on the text that the model made is counted in `text`, which it borrows; null: not.
  // Text behind a `type` that is no delta repeats what deltas have said, and is not counted.
  void count_text_in(GeneratedText* text) { text_counter_ = text; }
  const AnswerFacts& facts() const { return facts_; }
  bool is_complete() const { return state_ == State::kDone; }  // it closed its outermost value

 private:
  enum class State : uint8_t {
    kStart,     // before the outermost value
    kKeyOrEnd,  // in a watched object, before a key, a comma or the closing brace
    kKey,       // in a key of a watched object
    kColon,
    kValue,       // before a value of a watched object
    kText,        // in a string that is kept
    kLiteral,     // in a number, true, false or null of a watched object
    kSkip,        // in a container of which only the end matters
    kSkipString,  // in a string that is not kept
    kDone,
    kOpaque,  // this is no JSON object or array
  };
  enum class Key : uint8_t {
    kOther,
    kId,
    kModel,
    kType,
    kUsage,
    kError,
    kChoices,
    kResponse,
    kContent
  };

  // Each takes a prefix of `bytes`, at least one byte or a change of state, and returns its size.
  size_t step(std::string_view bytes);
  size_t take_start(std::string_view bytes);
  size_t take_key_or_end(std::string_view bytes);
  size_t take_colon(std::string_view bytes);
  size_t take_value(std::string_view bytes);
  size_t take_kept_string(std::string_view bytes);
  size_t take_skipped(std::string_view bytes);
  size_t take_skipped_string(std::string_view bytes);
  // Up to and with the closing quote, where it sets `closed`; keeps what fits into text_.
  size_t take_string(std::string_view bytes, bool& closed);

  void start_string(State state);
  void note_content_name(std::string_view name);
  void count_text(std::string_view raw);
  void start_container(char open);
  void end_container();
  void end_key();
  void end_text();
  void keep_usage(std::string_view bytes);
  void end_usage();
  std::string_view text() const { return {text_.data(), text_bytes_}; }

  State state_ = State::kStart;
  Key key_ = Key::kOther;
  bool is_in_response_ = false;    // the watched object is `response`
  bool is_in_array_ = false;       // the outermost value is an array: all of it is skipped
  bool is_escaped_ = false;        // the last byte of the string was a backslash
  bool has_escapes_ = false;       // the string holds one
  bool is_content_next_ = false;   // the next value belongs to a key that names content
  bool is_text_next_ = false;      // ... and to one that is text
  bool is_text_key_ = false;       // key_ is a kContent that is text
  bool is_usage_ = false;          // the skipped container is kept in usage_text_
  bool is_choices_start_ = false;  // the skipped container is `choices`, and nothing was in it yet
  uint64_t depth_ = 0;             // of the skipped containers
  size_t text_bytes_ = 0;          // kept of the string
  uint64_t string_bytes_ = 0;      // of the string in all
  std::array<char, kAnswerTextBytesMax> text_{};
  std::string usage_text_;
  GeneratedText* text_counter_ = nullptr;
  AnswerFacts facts_;
};

}  // namespace chatgate
