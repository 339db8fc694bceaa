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
inline constexpr int64_t kTokenCountMax = int64_t{1} << 53;

// The counts of a `usage` object in any of OpenAI's dialects: chat and completions, responses,
// embeddings, images, transcription. Nothing when it is not such an object, counts something other
// than tokens, or any count is negative, fractional, above kTokenCountMax or not a number.
std::optional<TokenUsage> parse_usage(std::string_view json);

// Takes an answer in pieces split at any byte. It does not validate: broken JSON yields facts that
// may be wrong in themselves, but never more than the bounds above.
class JsonAnswerScanner {
 public:
  void feed(std::string_view bytes);
  void reset();
  const AnswerFacts& facts() const { return facts_; }
  bool is_complete() const { return state_ == State::kDone; }  // it closed its outermost value

 private:
  enum class State : uint8_t {
    kStart,       // before the outermost value
    kKeyOrEnd,    // in a watched object, before a key, `,` or `}`
    kKey,
    kColon,
    kValue,       // before a value of a watched object
    kText,        // in a string that is kept
    kLiteral,     // in a number, true, false or null of a watched object
    kSkip,        // in a container that is only counted
    kSkipString,  // in a string of such a container
    kDone,
  };
  enum class Key : uint8_t { kOther, kId, kModel, kType, kUsage, kError, kChoices, kResponse, kContent };

  size_t take_key_or_end(std::string_view bytes);
  size_t take_key(std::string_view bytes);
  size_t take_value_start(std::string_view bytes);
  size_t take_text(std::string_view bytes);
  size_t take_skipped(std::string_view bytes);
  size_t take_skipped_string(std::string_view bytes);
  void start_container(char open);
  void end_container();
  void end_text();

  State state_ = State::kStart;
  Key key_ = Key::kOther;
  AnswerFacts facts_;
};

}  // namespace chatgate
