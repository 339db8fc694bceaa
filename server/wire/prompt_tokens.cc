#include "server/wire/prompt_tokens.h"

#include <algorithm>
#include <array>
#include <string>

#include "server/json/json_cursor.h"

namespace chatgate {
namespace {

constexpr int64_t kMessageTokens = 3;
constexpr int64_t kAnswerTokens = 3;
constexpr int64_t kMarginTokens = 4;  // for each value: a template adds less to any message
constexpr int64_t kMarginTokensOnce = 64;

// Members of the outermost object whose texts are the prompt.
constexpr std::string_view kPromptMembers[] = {"messages", "prompt", "suffix", "input",
                                               "instructions"};
constexpr std::string_view kToolMembers[] = {"tools", "functions"};
// ... and of what is in them.
constexpr std::string_view kMessageMembers[] = {"role", "content", "name", "type", "text"};
// Members that do not change how the prompt is put together. What else there is may: tools and
// formats of the answer are written into the prompt in a way that is not published.
constexpr std::string_view kOtherMembers[] = {
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "n",
    "max_completion_tokens",
    "best_of",
    "max_output_tokens",
    "temperature",
    "top_p",
    "stop",
    "presence_penalty",
    "seed",
    "frequency_penalty",
    "user",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "echo",
    "metadata",
    "store",
    "service_tier",
    "dimensions",
    "encoding_format",
    "safety_identifier",
    "prompt_cache_key",
};

bool is_among(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

class PromptCounter {
 public:
  PromptCounter(std::string_view body, const Encoding& encoding)
      : cursor_(body), encoding_(encoding) {}

  PromptTokens count() {
    for (cursor_.skip_blanks(); !cursor_.is_at_end(); cursor_.skip_blanks()) {
      if (!take_next()) return {};  // not what was required
    }
    PromptTokens tokens;
    tokens.likely = likely_ + (has_messages_ ? kAnswerTokens : 0);
    if (is_known_) tokens.bound = bound_ + kMarginTokensOnce;
    return tokens;
  }

 private:
  enum class Part : uint8_t { kNone, kPrompt, kTools };

  bool take_next();
  bool take_string();
  void take_key(const std::string& key);
  void take_value(std::string_view text);
  bool take_scalar();

  JsonCursor cursor_;
  const Encoding& encoding_;
  size_t depth_ = 0;
  Part part_ = Part::kNone;  // of the outermost object
  bool is_type_ = false;     // the value that follows names a type
  bool has_messages_ = false;
  bool is_known_ = true;
  int64_t likely_ = 0, bound_ = 0;
};

bool PromptCounter::take_next() {
  const char c = cursor_.peek();
  switch (c) {
    case '{':
    case '[':
      // An item of `messages` or `input`.
      if (c == '{' && depth_ == 2 && part_ == Part::kPrompt) {
        likely_ += kMessageTokens;
        has_messages_ = true;
      }
      bound_ += kMarginTokens;
      ++depth_;
      return cursor_.take(c);
    case '}':
    case ']':
      --depth_;
      return cursor_.take(c);
    case ',':
    case ':':
      return cursor_.take(c);
    case '"':
      return take_string();
    default:
      return take_scalar();
  }
}

bool PromptCounter::take_string() {
  JsonString string;
  if (!cursor_.take_string(string)) return false;
  const std::string_view raw = cursor_.text_of(string);
  const std::string text = string.has_escapes ? json_unescaped(raw) : std::string(raw);
  cursor_.skip_blanks();
  if (cursor_.peek() == ':') {
    take_key(text);
  } else {
    take_value(text);
  }
  return true;
}

void PromptCounter::take_key(const std::string& key) {
  is_type_ = key == "type";
  if (depth_ == 1) {
    part_ = is_among(kPromptMembers, key) ? Part::kPrompt
            : is_among(kToolMembers, key) ? Part::kTools
                                          : Part::kNone;
    if (part_ != Part::kPrompt && !is_among(kOtherMembers, key)) is_known_ = false;
    return;
  }
  if (part_ == Part::kPrompt && !is_among(kMessageMembers, key)) is_known_ = false;
  const int64_t tokens = encoding_.count(key);
  bound_ += tokens + kMarginTokens;
  if (part_ == Part::kTools) likely_ += tokens;
}

void PromptCounter::take_value(std::string_view text) {
  const int64_t tokens = encoding_.count(text);
  bound_ += tokens + kMarginTokens;
  if (part_ != Part::kNone && !is_type_) likely_ += tokens;
  is_type_ = false;
}

// A number may be a token by itself, as in a prompt that is given as tokens.
bool PromptCounter::take_scalar() {
  const bool is_number = cursor_.peek() == '-' || (cursor_.peek() >= '0' && cursor_.peek() <= '9');
  const bool is_valid = is_number ? cursor_.take_number()
                                  : cursor_.take_word("true") || cursor_.take_word("false") ||
                                        cursor_.take_word("null");
  bound_ += kMarginTokens;
  if (is_number && part_ == Part::kPrompt) ++likely_;
  return is_valid;
}

}  // namespace

PromptTokens count_prompt(std::string_view body, const Encoding& encoding) {
  return PromptCounter(body, encoding).count();
}

}  // namespace chatgate
