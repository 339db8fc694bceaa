#include "server/upstream/usage_extractor.h"

#include <algorithm>
#include <array>

#include "server/json/json_cursor.h"
#include "server/upstream/names.h"
#include "server/upstream/usage_object.h"

namespace chatgate {
namespace {

// Names of members that hold what the model made, in any endpoint's answer or event; the value of
// some may be media or an address.
enum class Content : uint8_t { kText, kMedia };

constexpr Names<Content, 15> kContentNames({
    {"content", Content::kText},
    {"text", Content::kText},
    {"delta", Content::kText},
    {"arguments", Content::kText},
    {"reasoning_content", Content::kText},
    {"refusal", Content::kText},
    {"data", Content::kMedia},
    {"transcript", Content::kText},
    {"reasoning", Content::kText},
    {"partial_image_b64", Content::kMedia},
    {"thinking", Content::kText},
    {"b64_json", Content::kMedia},
    {"audio", Content::kMedia},
    {"name", Content::kText},
    {"url", Content::kMedia},
});

// What a container holds besides its strings and their ends, and may be passed over.
constexpr auto kIsPlain = [] {
  std::array<bool, 256> is_plain{};
  is_plain.fill(true);
  for (const char c : std::string_view("\"{}[]:,")) is_plain[static_cast<unsigned char>(c)] = false;
  return is_plain;
}();

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
  std::string_view usage = bytes;  // from where the usage object goes on, while it does
  while (!bytes.empty() && state_ != State::kDone && state_ != State::kOpaque) {
    const bool was_usage = is_usage_;
    bytes.remove_prefix(step(bytes));
    if (!was_usage) usage = bytes;
    if (was_usage && depth_ == 0) {
      keep_usage(usage.substr(0, usage.size() - bytes.size()));
      end_usage();
    }
  }
  if (is_usage_) keep_usage(usage.substr(0, usage.size() - bytes.size()));
}

void JsonAnswerScanner::keep_usage(std::string_view bytes) {
  if (usage_text_.size() > kUsageBytesMax) return;
  usage_text_.append(bytes.substr(0, kUsageBytesMax + 1));
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
  static constexpr Names<Key, 7> kKeys({{"id", Key::kId},
                                        {"model", Key::kModel},
                                        {"type", Key::kType},
                                        {"usage", Key::kUsage},
                                        {"error", Key::kError},
                                        {"choices", Key::kChoices},
                                        {"response", Key::kResponse}});
  state_ = State::kColon;
  key_ = Key::kOther;
  if (string_bytes_ > text_.size()) return;
  std::string unescaped;
  if (has_escapes_) assign_clean(unescaped, text(), true);
  const std::string_view name = has_escapes_ ? std::string_view(unescaped) : text();
  if (const auto* key = kKeys.find(name)) {
    key_ = *key;
  } else if (const auto* content = kContentNames.find(name)) {
    key_ = Key::kContent;
    is_text_key_ = *content == Content::kText;
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
  size_t at = 0;
  if (is_choices_start_) {
    at = count_blanks(bytes);
    if (at == bytes.size()) return at;
    facts_.choices_empty = bytes[at] == ']';
    is_choices_start_ = false;
  }
  for (; at < bytes.size(); ++at) {
    if (kIsPlain[static_cast<unsigned char>(bytes[at])]) continue;
    switch (bytes[at]) {
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
  const bool may_matter = !facts_.has_content || text_counter_ != nullptr;
  const auto* content = may_matter ? kContentNames.find(name) : nullptr;
  is_content_next_ = content != nullptr;
  is_text_next_ = is_content_next_ && *content == Content::kText;
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
