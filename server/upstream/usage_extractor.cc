#include "server/upstream/usage_extractor.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "server/json/json_cursor.h"

namespace chatgate {
namespace {

// ---- The usage object ---------------------------------------------------------------------------

// All counts that stand for the same thing in some dialect; servers that speak two dialects at once
// fill one of them with zeros, so the greatest counts.
struct Counts {
  std::optional<int64_t> prompt, completion, total;
  int64_t cached_prompt = 0, audio_prompt = 0, reasoning_completion = 0, audio_completion = 0;
};

enum class UsageScope : uint8_t { kRoot, kPromptDetails, kCompletionDetails };

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
    usage.cached_prompt = counts_.cached_prompt;
    usage.audio_prompt = counts_.audio_prompt;
    usage.completion = counts_.completion.value_or(0);
    usage.reasoning_completion = counts_.reasoning_completion;
    usage.audio_completion = counts_.audio_completion;
    return usage;
  }

 private:
  // All return false when this is no usage.
  bool read_object(UsageScope scope);
  bool read_member(UsageScope scope);
  bool read_text(UsageScope scope, std::string_view name);
  bool read_number(UsageScope scope, std::string_view name);
  bool skip_container();
  bool take_count(UsageScope scope, std::string_view name, int64_t count);
  static bool is_count(UsageScope scope, std::string_view name);

  JsonCursor cursor_;
  Counts counts_;
};

std::optional<UsageScope> details_scope(std::string_view name) {
  // Transcriptions and realtime sessions write `input_token_details`.
  if (name == "prompt_tokens_details" || name == "input_tokens_details" ||
      name == "input_token_details") {
    return UsageScope::kPromptDetails;
  }
  if (name == "completion_tokens_details" || name == "output_tokens_details" ||
      name == "output_token_details") {
    return UsageScope::kCompletionDetails;
  }
  return std::nullopt;
}

bool UsageReader::is_count(UsageScope scope, std::string_view name) {
  constexpr std::string_view kRootCounts[] = {
      "prompt_tokens", "completion_tokens", "input_tokens",           "output_tokens",
      "total_tokens",  "cached_tokens",     "prompt_cache_hit_tokens"};
  constexpr std::string_view kPromptCounts[] = {"cached_tokens", "audio_tokens"};
  constexpr std::string_view kCompletionCounts[] = {"reasoning_tokens", "audio_tokens"};
  switch (scope) {
    case UsageScope::kRoot:
      return std::ranges::count(kRootCounts, name) > 0;
    case UsageScope::kPromptDetails:
      return std::ranges::count(kPromptCounts, name) > 0;
    case UsageScope::kCompletionDetails:
      return std::ranges::count(kCompletionCounts, name) > 0;
  }
  return false;
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
  if (is_count(scope, name)) return false;
  if (first == '{' && scope == UsageScope::kRoot) {
    if (const auto details = details_scope(name)) return read_object(*details);
  }
  if (first == '{' || first == '[') return skip_container();
  return cursor_.take_word("true") || cursor_.take_word("false");
}

bool UsageReader::read_text(UsageScope scope, std::string_view name) {
  JsonString text;
  if (!cursor_.take_string(text) || is_count(scope, name)) return false;
  // Some transcriptions are billed by their duration.
  return scope != UsageScope::kRoot || name != "type" || cursor_.text_of(text) == "tokens";
}

bool UsageReader::read_number(UsageScope scope, std::string_view name) {
  const char* const begin = cursor_.rest().data();
  if (!cursor_.take_number()) return false;
  if (!is_count(scope, name)) return true;
  const char* const end = cursor_.rest().data();
  int64_t count = -1;
  const auto read = std::from_chars(begin, end, count);
  if (*begin == '-' || read.ec != std::errc() || read.ptr != end || count > kUsageCountMax) {
    return false;
  }
  return take_count(scope, name, count);
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

bool UsageReader::take_count(UsageScope scope, std::string_view name, int64_t count) {
  const auto raise = [count](std::optional<int64_t>& whole) {
    whole = std::max(whole.value_or(0), count);
  };
  if (scope == UsageScope::kPromptDetails) {
    int64_t& part = name == "audio_tokens" ? counts_.audio_prompt : counts_.cached_prompt;
    part = std::max(part, count);
  } else if (scope == UsageScope::kCompletionDetails) {
    int64_t& part =
        name == "audio_tokens" ? counts_.audio_completion : counts_.reasoning_completion;
    part = std::max(part, count);
  } else if (name == "prompt_tokens" || name == "input_tokens") {
    raise(counts_.prompt);
  } else if (name == "completion_tokens" || name == "output_tokens") {
    raise(counts_.completion);
  } else if (name == "total_tokens") {
    raise(counts_.total);
  } else {
    counts_.cached_prompt = std::max(counts_.cached_prompt, count);
  }
  return true;
}

// ---- The scanner's vocabulary -------------------------------------------------------------------

// Names of members that hold what the model made, in any endpoint's answer or event.
constexpr std::string_view kContentNames[] = {
    "content",  "text",     "delta",      "arguments", "reasoning_content",
    "refusal",  "data",     "transcript", "reasoning", "partial_image_b64",
    "thinking", "b64_json", "audio",      "name",      "url",
};
constexpr uint32_t kContentNameSizes = [] {
  uint32_t sizes = 0;
  for (const std::string_view name : kContentNames) sizes |= uint32_t{1} << name.size();
  return sizes;
}();

// Those whose value may be media or an address.
constexpr std::string_view kMediaNames[] = {"data", "partial_image_b64", "b64_json", "audio",
                                            "url"};

bool names_content(std::string_view name) {
  if (name.size() >= 32 || (kContentNameSizes >> name.size() & 1) == 0) return false;
  return std::ranges::count(kContentNames, name) > 0;
}

size_t count_blanks(std::string_view bytes) {
  size_t count = 0;
  while (count < bytes.size() && (bytes[count] == ' ' || bytes[count] == '\n' ||
                                  bytes[count] == '\r' || bytes[count] == '\t')) {
    ++count;
  }
  return count;
}

// Whether it may stand in a log and in the books.
bool is_clean(std::string_view text) {
  bool is_printable = true;
  unsigned char all = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    is_printable = is_printable && byte >= 0x20 && byte != 0x7f;
    all = static_cast<unsigned char>(all | byte);
  }
  return is_printable && (all < 0x80 || is_valid_utf8(text));
}

// Sets `clean` to what the inside of a string means, or to nothing when it is not clean.
void assign_clean(std::string& clean, std::string_view raw, bool has_escapes) {
  clean.assign(raw);
  if (has_escapes) {
    const std::string quoted = '"' + clean + '"';
    JsonCursor cursor(quoted);
    JsonString string;
    const bool is_valid = cursor.take_string(string) && cursor.is_at_end();
    clean = is_valid ? json_unescaped(raw) : std::string();
  }
  if (!is_clean(clean)) clean.clear();
}

}  // namespace

std::optional<TokenUsage> parse_usage(std::string_view json) { return UsageReader(json).read(); }

void JsonAnswerScanner::reset() {
  state_ = State::kStart;
  is_in_response_ = is_in_array_ = is_content_next_ = is_text_next_ = false;
  is_usage_ = is_choices_start_ = false;
  depth_ = 0;
  facts_.id.clear();
  facts_.model.clear();
  facts_.type.clear();
  facts_.usage.reset();
  facts_.has_usage_object = facts_.has_error = facts_.has_choices = false;
  facts_.choices_empty = facts_.has_content = false;
}

void JsonAnswerScanner::feed(std::string_view bytes) {
  while (!bytes.empty() && state_ != State::kDone && state_ != State::kOpaque) {
    const bool was_usage = is_usage_;
    const size_t taken = step(bytes);
    if (was_usage && usage_text_.size() <= kUsageBytesMax) {
      usage_text_.append(bytes.substr(0, std::min(taken, kUsageBytesMax + 1)));
    }
    if (was_usage && depth_ == 0) end_usage();
    bytes.remove_prefix(taken);
  }
}

size_t JsonAnswerScanner::step(std::string_view bytes) {
  switch (state_) {
    case State::kStart:
      return take_start(bytes);
    case State::kKeyOrEnd:
      return take_key_or_end(bytes);
    case State::kColon:
      return take_colon(bytes);
    case State::kValue:
      return take_value(bytes);
    case State::kKey:
    case State::kText:
      return take_kept_string(bytes);
    case State::kLiteral: {
      size_t size = 0;
      while (size < bytes.size() && bytes[size] > ' ' && bytes[size] != ',' && bytes[size] != '}') {
        ++size;
      }
      if (size < bytes.size()) state_ = State::kKeyOrEnd;
      return size;
    }
    case State::kSkip:
      return take_skipped(bytes);
    case State::kSkipString:
      return take_skipped_string(bytes);
    case State::kDone:
    case State::kOpaque:
      break;
  }
  return bytes.size();
}

size_t JsonAnswerScanner::take_start(std::string_view bytes) {
  const size_t blanks = count_blanks(bytes);
  if (blanks == bytes.size()) return blanks;
  if (bytes[blanks] == '{') {
    state_ = State::kKeyOrEnd;
  } else if (bytes[blanks] == '[') {
    is_in_array_ = true;
    key_ = Key::kOther;
    start_container('[');
  } else {
    state_ = State::kOpaque;
  }
  return blanks + 1;
}

size_t JsonAnswerScanner::take_key_or_end(std::string_view bytes) {
  const size_t blanks = count_blanks(bytes);
  if (blanks == bytes.size()) return blanks;
  switch (bytes[blanks]) {
    case ',':
      break;
    case '"':
      start_string(State::kKey);
      break;
    case '}':
      if (!is_in_response_) state_ = State::kDone;
      is_in_response_ = false;
      break;
    default:
      state_ = State::kOpaque;
      break;
  }
  return blanks + 1;
}

size_t JsonAnswerScanner::take_colon(std::string_view bytes) {
  const size_t blanks = count_blanks(bytes);
  if (blanks == bytes.size()) return blanks;
  state_ = bytes[blanks] == ':' ? State::kValue : State::kOpaque;
  return blanks + 1;
}

size_t JsonAnswerScanner::take_value(std::string_view bytes) {
  const size_t blanks = count_blanks(bytes);
  if (blanks == bytes.size()) return blanks;
  const char first = bytes[blanks];
  if (first == '{' || first == '[') {
    start_container(first);
    return blanks + 1;
  }
  if (first == '"') {
    const bool is_kept =
        key_ == Key::kId || key_ == Key::kModel || (key_ == Key::kType && !is_in_response_);
    is_content_next_ = key_ == Key::kContent;
    is_text_next_ = is_content_next_ && is_text_key_;
    start_string(is_kept ? State::kText : State::kSkipString);
    return blanks + 1;
  }
  if (key_ == Key::kError && first != 'n' && first != 'f') facts_.has_error = true;
  state_ = State::kLiteral;
  return blanks;
}

void JsonAnswerScanner::start_string(State state) {
  state_ = state;
  is_escaped_ = has_escapes_ = false;
  text_bytes_ = 0;
  string_bytes_ = 0;
}

size_t JsonAnswerScanner::take_string(std::string_view bytes, bool& closed) {
  size_t at = 0;
  closed = false;
  uint64_t unused = 0;
  while (at < bytes.size()) {
    if (is_escaped_) {
      is_escaped_ = false;
      ++at;
      continue;
    }
    at = find_string_break(bytes, at, unused);
    if (at == bytes.size()) break;
    if (bytes[at] == '"') {
      closed = true;
      break;
    }
    is_escaped_ = bytes[at] == '\\';
    has_escapes_ = has_escapes_ || is_escaped_;
    ++at;
  }
  string_bytes_ += at;
  const size_t kept = std::min(at, text_.size() - text_bytes_);
  std::copy_n(bytes.data(), kept, text_.data() + text_bytes_);
  text_bytes_ += kept;
  return closed ? at + 1 : at;
}

size_t JsonAnswerScanner::take_kept_string(std::string_view bytes) {
  bool closed = false;
  const size_t taken = take_string(bytes, closed);
  if (closed) {
    if (state_ == State::kKey) {
      end_key();
    } else {
      end_text();
    }
  }
  return taken;
}

void JsonAnswerScanner::end_key() {
  struct Name {
    std::string_view name;
    Key key;
  };
  constexpr Name kNames[] = {{"id", Key::kId},
                             {"model", Key::kModel},
                             {"type", Key::kType},
                             {"usage", Key::kUsage},
                             {"error", Key::kError},
                             {"choices", Key::kChoices},
                             {"response", Key::kResponse}};
  state_ = State::kColon;
  key_ = Key::kOther;
  if (string_bytes_ > text_.size()) return;
  std::string unescaped;
  if (has_escapes_) assign_clean(unescaped, text(), true);
  const std::string_view name = has_escapes_ ? std::string_view(unescaped) : text();
  for (const Name& known : kNames) {
    if (known.name == name) key_ = known.key;
  }
  if (key_ == Key::kOther && names_content(name)) {
    key_ = Key::kContent;
    is_text_key_ = !std::ranges::count(kMediaNames, name);
  }
}

void JsonAnswerScanner::end_text() {
  state_ = State::kKeyOrEnd;
  if (string_bytes_ > text_.size()) return;
  std::string& fact = key_ == Key::kId      ? facts_.id
                      : key_ == Key::kModel ? facts_.model
                                            : facts_.type;
  if (is_in_response_ && !fact.empty()) return;
  assign_clean(fact, text(), has_escapes_);
  if (key_ == Key::kType && fact == "error") facts_.has_error = true;
}

void JsonAnswerScanner::start_container(char open) {
  if (key_ == Key::kResponse && open == '{' && !is_in_response_) {
    is_in_response_ = true;
    state_ = State::kKeyOrEnd;
    return;
  }
  if (key_ == Key::kError) facts_.has_error = true;
  is_usage_ = key_ == Key::kUsage && open == '{';
  if (is_usage_) {
    facts_.has_usage_object = true;
    usage_text_ = '{';
  }
  is_choices_start_ = key_ == Key::kChoices && open == '[' && !is_in_response_;
  if (is_choices_start_) facts_.has_choices = facts_.choices_empty = true;
  is_content_next_ = is_text_next_ = false;
  depth_ = 1;
  state_ = State::kSkip;
}

void JsonAnswerScanner::end_container() {
  state_ = is_in_array_ ? State::kDone : State::kKeyOrEnd;
  is_choices_start_ = false;
}

void JsonAnswerScanner::end_usage() {
  is_usage_ = false;
  facts_.usage = usage_text_.size() <= kUsageBytesMax ? parse_usage(usage_text_) : std::nullopt;
}

size_t JsonAnswerScanner::take_skipped(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (is_choices_start_ && c != ']' && count_blanks(bytes.substr(at, 1)) == 0) {
      facts_.choices_empty = is_choices_start_ = false;
    }
    switch (c) {
      case '"':
        start_string(State::kSkipString);
        return at + 1;
      case '{':
      case '[':
        ++depth_;
        is_content_next_ = is_text_next_ = false;
        break;
      case '}':
      case ']':
        is_content_next_ = is_text_next_ = false;
        if (--depth_ == 0) {
          end_container();
          return at + 1;
        }
        break;
      case ':':
        // What stands before a colon is a key, and it is still in text_.
        if (string_bytes_ == text_bytes_) note_content_name(text());
        break;
      case ',':
        is_content_next_ = is_text_next_ = false;
        break;
      default:
        break;
    }
  }
  return bytes.size();
}

// Once there was content, only whoever counts it wants to know of more.
void JsonAnswerScanner::note_content_name(std::string_view name) {
  is_content_next_ = (!facts_.has_content || text_counter_ != nullptr) && names_content(name);
  is_text_next_ = is_content_next_ && !std::ranges::count(kMediaNames, name);
}

void JsonAnswerScanner::count_text(std::string_view raw) {
  const std::string_view type = facts_.type;
  if (type.empty() || type.ends_with("delta")) text_counter_->feed_string(raw);
}

size_t JsonAnswerScanner::take_skipped_string(std::string_view bytes) {
  bool closed = false;
  const size_t taken = take_string(bytes, closed);
  if (is_text_next_ && text_counter_ != nullptr) {
    count_text(bytes.substr(0, closed ? taken - 1 : taken));
    if (closed) text_counter_->end_string();
  }
  if (!closed) return taken;
  if (string_bytes_ > 0) {
    if (is_content_next_) facts_.has_content = true;
    if (depth_ == 0 && key_ == Key::kError) facts_.has_error = true;
  }
  is_content_next_ = is_text_next_ = false;
  state_ = depth_ == 0 ? State::kKeyOrEnd : State::kSkip;
  return taken;
}

}  // namespace chatgate
