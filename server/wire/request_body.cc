// PURPOSE. Price and hold are worked out from what is read here, and the upstream reads the same
// bytes with a parser of its own. A body in which the two could see different values would let a
// client pay for one model and use another. So members that matter may stand only once, and only
// under their exact name: some servers take `Model` for `model`, or the last of two.
//
// DESIGN. One pass over the tokens without recursion. Each open container has a scope that says
// what its members mean; a container without meaning is kFree and merely checked.
#include "server/wire/request_body.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "server/json/json_cursor.h"

namespace chatgate {
namespace {

enum Scope : uint8_t {
  kFree,  // nothing in it matters
  kRoot,  // the body itself
  kStreamOptions,
  kPrompt,       // anything inside of messages, input, ...
  kPromptItems,  // the array `input` itself
  kPromptItem,   // an object directly in it
  kTools,        // the array `tools`
  kTool,         // an object directly in it
};
constexpr uint8_t kIsArray = 0x80;

enum class Member : uint8_t {
  kOther,
  kModel,
  kStream,
  kBackground,
  kStreamOptions,
  kMaxTokens,
  kMaxCompletionTokens,
  kMaxOutputTokens,
  kN,
  kBestOf,
  kServiceTier,
  kPrompt,
  kInput,
  kMessages,  // and whatever else is only scanned for references
  kTools,
  kReference,   // at the top level: its presence alone adds to the prompt
  kFirstInner,  // from here on: only in inner scopes
  kType = kFirstInner,
  kRole,
  kMedia,  // in a prompt: media or a reference to something kept elsewhere
  kAudio,  // the same when it is an object
  kIncludeUsage,
};

struct Name {
  std::string_view name;
  Member member;
};

constexpr Name kRootNames[] = {
    {"model", Member::kModel},
    {"stream", Member::kStream},
    {"background", Member::kBackground},
    {"stream_options", Member::kStreamOptions},
    {"max_tokens", Member::kMaxTokens},
    {"max_completion_tokens", Member::kMaxCompletionTokens},
    {"max_output_tokens", Member::kMaxOutputTokens},
    {"n", Member::kN},
    {"best_of", Member::kBestOf},
    {"service_tier", Member::kServiceTier},
    {"prompt", Member::kPrompt},
    {"input", Member::kInput},
    {"messages", Member::kMessages},
    {"instructions", Member::kMessages},
    {"prediction", Member::kMessages},
    {"tools", Member::kTools},
    {"previous_response_id", Member::kReference},
    {"conversation", Member::kReference},
    {"thread_id", Member::kReference},
    {"thread", Member::kReference},
    {"assistant_id", Member::kReference},
    {"web_search_options", Member::kReference},
    {"data_sources", Member::kReference},
    {"plugins", Member::kReference},
    {"mcp_servers", Member::kReference},
    {"file", Member::kReference},
    {"file_id", Member::kReference},
    {"file_ids", Member::kReference},
    {"input_file_id", Member::kReference},
    {"training_file", Member::kReference},
    {"image", Member::kReference},
    {"images", Member::kReference},
    {"image_url", Member::kReference},
    {"mask", Member::kReference},
    {"input_reference", Member::kReference},
};
constexpr Name kPromptNames[] = {
    {"type", Member::kType},       {"role", Member::kRole},       {"audio", Member::kAudio},
    {"file", Member::kMedia},      {"file_id", Member::kMedia},   {"file_ids", Member::kMedia},
    {"file_url", Member::kMedia},  {"file_data", Member::kMedia}, {"image", Member::kMedia},
    {"image_url", Member::kMedia}, {"video", Member::kMedia},     {"video_url", Member::kMedia},
    {"audio_url", Member::kMedia},
};
constexpr Name kToolNames[] = {{"type", Member::kType}};
constexpr Name kStreamOptionsNames[] = {{"include_usage", Member::kIncludeUsage}};
constexpr size_t kNameBytesMax = 32;

// Parts of a prompt that hold no more tokens than bytes. Not among them: `reasoning`, whose id may
// stand for reasoning that the provider kept, and `input_audio`, whose header can claim that a few
// bytes last for hours.
constexpr std::string_view kBoundedTypes[] = {
    "text",         "input_text",       "output_text",   "refusal",
    "message",      "function",         "function_call", "function_call_output",
    "custom",       "custom_tool_call", "content",       "custom_tool_call_output",
    "summary_text",
};
// Tools that run on the client's side.
constexpr std::string_view kClientTools[] = {"function", "custom", "local_shell"};

// A member's name with the case of its letters taken away, also from the two letters outside of
// ASCII that case folding turns into s and k.
struct FoldedName {
  std::array<char, kNameBytesMax> characters{};
  size_t size = 0;  // 0: longer than any name that matters
  bool was_exact = true;

  std::string_view view() const { return {characters.data(), size}; }
};

FoldedName fold(std::string_view name) {
  constexpr std::string_view kLongS = "\xc5\xbf";
  constexpr std::string_view kKelvin = "\xe2\x84\xaa";
  FoldedName folded;
  for (size_t i = 0; i < name.size(); ++i) {
    if (folded.size == kNameBytesMax) return {};
    char c = name[i];
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c | 0x20);
    } else if (c == kLongS[0] && name.substr(i, kLongS.size()) == kLongS) {
      c = 's';
      i += kLongS.size() - 1;
    } else if (c == kKelvin[0] && name.substr(i, kKelvin.size()) == kKelvin) {
      c = 'k';
      i += kKelvin.size() - 1;
    }
    folded.was_exact = folded.was_exact && c == name[i];
    folded.characters[folded.size++] = c;
  }
  return folded;
}

template <size_t kCount>
Member find_member(const Name (&names)[kCount], std::string_view folded) {
  for (const Name& candidate : names) {
    if (candidate.name == folded) return candidate.member;
  }
  return Member::kOther;
}

class BodyReader {
 public:
  BodyReader(std::string_view body, std::array<uint8_t, JsonParser::kDepthMax>& levels)
      : body_(body), cursor_(body), levels_(levels) {}

  Result<RequestFacts> read();

 private:
  using Outcome = std::optional<Error>;  // nothing: go on

  Outcome step();
  void count_prompt();
  Outcome take_name();
  Outcome take_value();
  Outcome open_container(char open);
  Outcome close_container();
  Outcome take_text();
  Outcome take_plain();
  Outcome root_text(const JsonString& string);
  Outcome root_plain(std::string_view word);
  Outcome take_count(std::string_view word, int64_t lowest, int64_t highest, int64_t& count);
  Scope child_scope(char open) const;

  Outcome broken(std::string_view what) const;
  Outcome wrong_type(std::string_view expected) const;
  Scope scope() const { return static_cast<Scope>(levels_[depth_ - 1] & ~kIsArray); }
  bool in_array() const { return (levels_[depth_ - 1] & kIsArray) != 0; }
  bool in_prompt() const { return scope() == kPrompt || scope() == kPromptItem; }

  std::string_view body_;
  JsonCursor cursor_;
  std::array<uint8_t, JsonParser::kDepthMax>& levels_;
  size_t depth_ = 0;
  bool is_first_ = true;  // no member of the open container has been read
  JsonString name_;       // of the value that is being read
  Member member_ = Member::kOther;
  uint32_t seen_ = 0;               // members that may stand only once, by bit
  bool seen_type_or_role_ = false;  // in the open tool or prompt item
  int64_t prompts_ = 0;
  RequestFacts facts_;
};

Result<RequestFacts> BodyReader::read() {
  cursor_.skip_blanks();
  if (cursor_.peek() != '{') {
    return fail(ErrorCode::kInvalidRequest, "the request body is not a JSON object");
  }
  if (auto error = open_container('{')) return tl::unexpected(std::move(*error));
  while (depth_ > 0) {
    if (auto error = step()) return tl::unexpected(std::move(*error));
  }
  facts_.object_end = cursor_.position() - 1;
  cursor_.skip_blanks();
  if (!cursor_.is_at_end()) return tl::unexpected(*broken("something follows the JSON object"));
  if (cursor_.has_non_ascii() && !is_valid_utf8(body_)) {
    return fail(ErrorCode::kInvalidRequest, "the request body is not valid JSON: it is not UTF-8");
  }
  facts_.prompts = std::max<int64_t>(prompts_, 1);
  facts_.max_output_tokens = std::max(facts_.max_chat_tokens, facts_.max_response_tokens);
  return std::move(facts_);
}

BodyReader::Outcome BodyReader::step() {
  cursor_.skip_blanks();
  const char close = in_array() ? ']' : '}';
  if (cursor_.take(close)) return close_container();
  if (!is_first_) {
    if (!cursor_.take(',')) return broken("a comma or a closing bracket is missing");
    cursor_.skip_blanks();
  }
  is_first_ = false;
  if (in_array()) {
    member_ = Member::kOther;
    count_prompt();
  } else if (auto error = take_name()) {
    return error;
  }
  return take_value();
}

// An array directly in the body whose elements are texts, or arrays of token numbers, is a batch:
// each element is a prompt of its own.
void BodyReader::count_prompt() {
  const bool is_batch = depth_ == 2 && (scope() == kPrompt || scope() == kPromptItems);
  if (is_batch && (cursor_.peek() == '"' || cursor_.peek() == '[')) ++prompts_;
}

BodyReader::Outcome BodyReader::take_name() {
  if (!cursor_.take_string(name_)) return broken("a member's name is missing or broken");
  cursor_.skip_blanks();
  if (!cursor_.take(':')) return broken("a colon is missing");
  cursor_.skip_blanks();
  member_ = Member::kOther;
  if (scope() == kFree) return std::nullopt;
  constexpr size_t kEscapeBytesMax = 6;
  const std::string_view raw = cursor_.text_of(name_);
  if (raw.size() > kNameBytesMax * kEscapeBytesMax) return std::nullopt;
  const FoldedName folded = name_.has_escapes ? fold(json_unescaped(raw)) : fold(raw);
  switch (scope()) {
    case kRoot:
      member_ = find_member(kRootNames, folded.view());
      break;
    case kStreamOptions:
      member_ = find_member(kStreamOptionsNames, folded.view());
      break;
    case kTool:
      member_ = find_member(kToolNames, folded.view());
      break;
    default:
      member_ = find_member(kPromptNames, folded.view());
      break;
  }
  if (scope() != kRoot && scope() != kStreamOptions) return std::nullopt;
  if (member_ == Member::kOther || member_ == Member::kReference) return std::nullopt;
  const std::string known(folded.view());
  if (!folded.was_exact) {
    return Error{ErrorCode::kInvalidRequest,
                 "unknown parameter: '" + std::string(raw) + "', did you mean '" + known + "'?",
                 known};
  }
  const uint32_t bit = uint32_t{1} << static_cast<unsigned>(member_);
  // Names that share a member are those whose values are only scanned: they may stand together.
  if ((seen_ & bit) != 0 && member_ != Member::kMessages) {
    return Error{ErrorCode::kInvalidRequest, "duplicate parameter: '" + known + "'", known};
  }
  seen_ |= bit;
  return std::nullopt;
}

BodyReader::Outcome BodyReader::take_value() {
  const char first = cursor_.peek();
  if (first == '{' || first == '[') return open_container(first);
  return first == '"' ? take_text() : take_plain();
}

Scope BodyReader::child_scope(char open) const {
  switch (scope()) {
    case kRoot:
      if (member_ == Member::kStreamOptions) return kStreamOptions;
      if (member_ == Member::kInput) return open == '[' ? kPromptItems : kPrompt;
      if (member_ == Member::kMessages || member_ == Member::kPrompt) return kPrompt;
      if (member_ == Member::kTools && open == '[') return kTools;
      return kFree;
    case kPromptItems:
      return open == '{' ? kPromptItem : kPrompt;
    case kTools:
      return open == '{' ? kTool : kFree;
    case kPrompt:
    case kPromptItem:
      return kPrompt;
    default:
      return kFree;
  }
}

BodyReader::Outcome BodyReader::open_container(char open) {
  if (depth_ == levels_.size()) return broken("it is nested too deeply");
  Scope child = kRoot;
  if (depth_ > 0) {
    if (scope() == kRoot) {
      if (member_ > Member::kOther && member_ <= Member::kBestOf &&
          !(member_ == Member::kStreamOptions && open == '{')) {
        return root_plain(open == '{' ? "{" : "[");
      }
      // The object `prompt` of the Responses API names a template that the provider keeps.
      if (member_ == Member::kReference || (member_ == Member::kPrompt && open == '{') ||
          (member_ == Member::kTools && open == '{')) {
        facts_.prompt_bounded_by_body = false;
      }
      if (member_ == Member::kStreamOptions) facts_.stream_options_offset = cursor_.position();
    } else if (scope() == kStreamOptions && member_ == Member::kIncludeUsage) {
      return wrong_type("a boolean");
    } else if (member_ == Member::kMedia || member_ == Member::kAudio) {
      facts_.prompt_bounded_by_body = false;
    }
    child = child_scope(open);
  }
  if (child == kTool || child == kPromptItem) seen_type_or_role_ = false;
  levels_[depth_++] = static_cast<uint8_t>(child | (open == '[' ? kIsArray : 0));
  cursor_.take(open);
  is_first_ = true;
  return std::nullopt;
}

BodyReader::Outcome BodyReader::close_container() {
  const Scope closed = scope();
  if (closed == kStreamOptions) {
    facts_.stream_options_bytes = cursor_.position() - facts_.stream_options_offset;
  }
  // An item of `input` with neither type nor role is a reference by id. A tool without a type is
  // no function of the client.
  if ((closed == kTool || closed == kPromptItem) && !seen_type_or_role_) {
    facts_.prompt_bounded_by_body = false;
  }
  --depth_;
  is_first_ = false;
  return std::nullopt;
}

BodyReader::Outcome BodyReader::take_text() {
  JsonString string;
  if (!cursor_.take_string(string)) return broken("a string is broken");
  if (member_ == Member::kOther) return std::nullopt;
  if (scope() == kRoot) return root_text(string);
  switch (member_) {
    case Member::kIncludeUsage:
      return wrong_type("a boolean");
    case Member::kMedia:
      facts_.prompt_bounded_by_body = false;
      break;
    case Member::kRole:
      if (scope() == kPromptItem) seen_type_or_role_ = true;
      break;
    case Member::kType: {
      if (scope() == kPromptItem || scope() == kTool) seen_type_or_role_ = true;
      const std::string_view type = cursor_.text_of(string);
      // A type that is spelt with escapes is taken for an unknown one.
      const bool is_bounded = scope() == kTool ? std::ranges::count(kClientTools, type) > 0
                                               : std::ranges::count(kBoundedTypes, type) > 0;
      if (!is_bounded) facts_.prompt_bounded_by_body = false;
      break;
    }
    default:
      break;
  }
  return std::nullopt;
}

BodyReader::Outcome BodyReader::root_text(const JsonString& string) {
  if (member_ == Member::kReference) facts_.prompt_bounded_by_body = false;
  if (member_ > Member::kModel && member_ <= Member::kBestOf) return root_plain("\"");
  const std::string_view raw = cursor_.text_of(string);
  if (member_ == Member::kServiceTier) {
    facts_.has_costly_tier = raw != "auto" && raw != "default" && raw != "flex";
  }
  if (member_ != Member::kModel) return std::nullopt;
  facts_.model_offset = string.begin;
  facts_.model_bytes = raw.size();
  constexpr size_t kEscapeBytesMax = 6;
  if (raw.size() <= kModelNameBytesMax * kEscapeBytesMax) {
    facts_.model = string.has_escapes ? json_unescaped(raw) : std::string(raw);
  }
  if (raw.size() > kModelNameBytesMax * kEscapeBytesMax ||
      facts_.model.size() > kModelNameBytesMax) {
    return Error{ErrorCode::kInvalidRequest, "the model's name is too long", "model"};
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(facts_.model, is_control)) {
    return Error{ErrorCode::kInvalidRequest, "the model's name holds a control character", "model"};
  }
  return std::nullopt;
}

BodyReader::Outcome BodyReader::take_plain() {
  const size_t begin = cursor_.position();
  const bool is_word =
      cursor_.take_word("true") || cursor_.take_word("false") || cursor_.take_word("null");
  if (!is_word && !cursor_.take_number()) return broken("a value is missing or broken");
  if (member_ == Member::kOther) return std::nullopt;
  const std::string_view word = body_.substr(begin, cursor_.position() - begin);
  if (scope() == kRoot) return root_plain(word);
  if (member_ == Member::kIncludeUsage) {
    if (word != "true" && word != "false" && word != "null") return wrong_type("a boolean");
    facts_.include_usage = word == "true";
  } else if (member_ == Member::kMedia && word != "null") {
    facts_.prompt_bounded_by_body = false;
  }
  return std::nullopt;
}

// A value of the body itself; of strings and containers, which fit nowhere here, the first byte.
BodyReader::Outcome BodyReader::root_plain(std::string_view word) {
  const bool is_null = word == "null";
  switch (member_) {
    case Member::kModel:
      return wrong_type("a string");
    case Member::kStream:
      if (!is_null && word != "true" && word != "false") return wrong_type("a boolean");
      facts_.stream = word == "true";
      return std::nullopt;
    case Member::kBackground:
      if (!is_null && word != "true" && word != "false") return wrong_type("a boolean");
      facts_.background = word == "true";
      return std::nullopt;
    case Member::kStreamOptions:
      if (!is_null) return wrong_type("an object");
      facts_.stream_options_offset = cursor_.position() - word.size();
      facts_.stream_options_bytes = word.size();
      return std::nullopt;
    case Member::kMaxTokens:
    case Member::kMaxCompletionTokens:
      return is_null ? std::nullopt : take_count(word, 0, kOutputTokensMax, facts_.max_chat_tokens);
    case Member::kMaxOutputTokens:
      return is_null ? std::nullopt
                     : take_count(word, 0, kOutputTokensMax, facts_.max_response_tokens);
    case Member::kN:
    case Member::kBestOf:
      return is_null ? std::nullopt : take_count(word, 1, kChoicesMax, facts_.choices);
    case Member::kReference:
      if (!is_null) facts_.prompt_bounded_by_body = false;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

// Raises `count` to the integer that `word` is.
BodyReader::Outcome BodyReader::take_count(std::string_view word, int64_t lowest, int64_t highest,
                                           int64_t& count) {
  int64_t value = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
  if (read.ptr != word.data() + word.size()) return wrong_type("an integer");
  if (read.ec != std::errc() || value < lowest || value > highest) {
    const std::string param = json_unescaped(cursor_.text_of(name_));
    return Error{ErrorCode::kInvalidRequest,
                 "invalid value for '" + param + "': expected an integer from " +
                     std::to_string(lowest) + " to " + std::to_string(highest),
                 param};
  }
  count = std::max(count, value);
  return std::nullopt;
}

BodyReader::Outcome BodyReader::broken(std::string_view what) const {
  std::string message = "the request body is not valid JSON: ";
  message.append(what).append(" at byte ").append(std::to_string(cursor_.position()));
  return Error{ErrorCode::kInvalidRequest, std::move(message)};
}

BodyReader::Outcome BodyReader::wrong_type(std::string_view expected) const {
  std::string param = json_unescaped(cursor_.text_of(name_));
  if (scope() == kStreamOptions) param.insert(0, "stream_options.");
  std::string message = "invalid type for '" + param + "': expected ";
  message.append(expected);
  return Error{ErrorCode::kInvalidRequest, std::move(message), std::move(param)};
}

}  // namespace

Result<RequestFacts> read_json_body(const std::string& body, JsonParser& parser) {
  return BodyReader(body, parser.levels_).read();
}

}  // namespace chatgate
