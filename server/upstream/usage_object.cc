#include "server/upstream/usage_object.h"

#include <algorithm>
#include <charconv>

#include "server/json/json_cursor.h"
#include "server/upstream/names.h"

namespace chatgate {
namespace {

// All counts that stand for the same thing in some dialect; servers that speak two dialects at once
// fill one of them with zeros, so the greatest counts.
struct Counts {
  std::optional<int64_t> prompt, cached_prompt, audio_prompt;
  std::optional<int64_t> completion, reasoning_completion, audio_completion;
  std::optional<int64_t> total;
};

enum class UsageScope : uint8_t { kRoot, kPromptDetails, kCompletionDetails };

using Count = std::optional<int64_t> Counts::*;

constexpr Names<Count, 7> kRootCounts({
    {"prompt_tokens", &Counts::prompt},
    {"completion_tokens", &Counts::completion},
    {"input_tokens", &Counts::prompt},
    {"output_tokens", &Counts::completion},
    {"total_tokens", &Counts::total},
    {"cached_tokens", &Counts::cached_prompt},
    {"prompt_cache_hit_tokens", &Counts::cached_prompt},
});
constexpr Names<Count, 2> kPromptCounts({
    {"cached_tokens", &Counts::cached_prompt},
    {"audio_tokens", &Counts::audio_prompt},
});
constexpr Names<Count, 2> kCompletionCounts({
    {"reasoning_tokens", &Counts::reasoning_completion},
    {"audio_tokens", &Counts::audio_completion},
});
constexpr Names<UsageScope, 6> kDetails({
    {"prompt_tokens_details", UsageScope::kPromptDetails},
    {"input_tokens_details", UsageScope::kPromptDetails},
    // Transcriptions and realtime sessions write it so.
    {"input_token_details", UsageScope::kPromptDetails},
    {"completion_tokens_details", UsageScope::kCompletionDetails},
    {"output_tokens_details", UsageScope::kCompletionDetails},
    {"output_token_details", UsageScope::kCompletionDetails},
});

class UsageReader {
 public:
  explicit UsageReader(std::string_view json) : cursor_(json) {}

  std::optional<TokenUsage> read() {
    cursor_.skip_blanks();
    if (!read_object(UsageScope::kRoot)) return std::nullopt;
    cursor_.skip_blanks();
    if (!cursor_.is_at_end()) return std::nullopt;
    if (!counts_.prompt && !counts_.completion) counts_.prompt = counts_.total;
    if (!counts_.prompt && !counts_.completion) return std::nullopt;
    TokenUsage usage;
    usage.prompt = counts_.prompt.value_or(0);
    usage.cached_prompt = counts_.cached_prompt.value_or(0);
    usage.audio_prompt = counts_.audio_prompt.value_or(0);
    usage.completion = counts_.completion.value_or(0);
    usage.reasoning_completion = counts_.reasoning_completion.value_or(0);
    usage.audio_completion = counts_.audio_completion.value_or(0);
    return usage;
  }

 private:
  // All return false when this is no usage.
  bool read_object(UsageScope scope);
  bool read_member(UsageScope scope);
  bool read_text(UsageScope scope, std::string_view name);
  bool read_number(UsageScope scope, std::string_view name);
  bool skip_container();
  // The count of this name; null when it is none.
  static const Count* find_count(UsageScope scope, std::string_view name);

  JsonCursor cursor_;
  Counts counts_;
};

const Count* UsageReader::find_count(UsageScope scope, std::string_view name) {
  switch (scope) {
    case UsageScope::kRoot:
      return kRootCounts.find(name);
    case UsageScope::kPromptDetails:
      return kPromptCounts.find(name);
    case UsageScope::kCompletionDetails:
      return kCompletionCounts.find(name);
  }
  return nullptr;
}

bool UsageReader::read_object(UsageScope scope) {
  if (!cursor_.take('{')) return false;
  cursor_.skip_blanks();
  if (cursor_.take('}')) return true;
  do {
    cursor_.skip_blanks();
    if (!read_member(scope)) return false;
    cursor_.skip_blanks();
  } while (cursor_.take(','));
  return cursor_.take('}');
}

bool UsageReader::read_member(UsageScope scope) {
  JsonString key;
  if (!cursor_.take_string(key)) return false;
  const std::string_view name = cursor_.text_of(key);
  cursor_.skip_blanks();
  if (!cursor_.take(':')) return false;
  cursor_.skip_blanks();
  const char first = cursor_.peek();
  if (first == '"') return read_text(scope, name);
  if (cursor_.take_word("null")) return true;
  if (first == '-' || (first >= '0' && first <= '9')) return read_number(scope, name);
  if (find_count(scope, name) != nullptr) return false;
  if (first == '{' && scope == UsageScope::kRoot) {
    if (const auto* details = kDetails.find(name)) return read_object(*details);
  }
  if (first == '{' || first == '[') return skip_container();
  return cursor_.take_word("true") || cursor_.take_word("false");
}

bool UsageReader::read_text(UsageScope scope, std::string_view name) {
  JsonString text;
  if (!cursor_.take_string(text) || find_count(scope, name) != nullptr) return false;
  // Some transcriptions are billed by their duration.
  return scope != UsageScope::kRoot || name != "type" || cursor_.text_of(text) == "tokens";
}

bool UsageReader::read_number(UsageScope scope, std::string_view name) {
  const char* const begin = cursor_.rest().data();
  if (!cursor_.take_number()) return false;
  const Count* counted = find_count(scope, name);
  if (counted == nullptr) return true;
  const char* const end = cursor_.rest().data();
  int64_t count = -1;
  const auto read = std::from_chars(begin, end, count);
  if (*begin == '-' || read.ec != std::errc() || read.ptr != end || count > kUsageCountMax) {
    return false;
  }
  auto& known = counts_.**counted;
  known = std::max(known.value_or(0), count);
  return true;
}

// Only the balance of the brackets is checked.
bool UsageReader::skip_container() {
  size_t depth = 0;
  do {
    const char c = cursor_.peek();
    JsonString string;
    if (c == '"') {
      if (!cursor_.take_string(string)) return false;
      continue;
    }
    if (!cursor_.take(c)) return false;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  } while (depth > 0);
  return true;
}

}  // namespace

std::optional<TokenUsage> parse_usage(std::string_view json) { return UsageReader(json).read(); }

}  // namespace chatgate
