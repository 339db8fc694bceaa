#include "common/config/config_file.h"

#include <set>
#include <vector>

#include "common/text/quantity.h"
#include "common/text/text_file.h"

namespace chatgate {
namespace {

using nlohmann::json;

constexpr int64_t kConfigBytesMax = 64 << 20;

Result<std::string> read_text(const std::string& path) {
  auto text = read_text_file(path, kConfigBytesMax);
  if (text) return text;
  return fail(ErrorCode::kInvalidArgument, "cannot read the configuration " + text.error().message);
}

// A parser's callback that remembers the first name given twice in one object.
class DuplicateFinder {
 public:
  bool operator()(int, json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::object_start) names_.emplace_back();
    if (event == json::parse_event_t::object_end) names_.pop_back();
    if (event == json::parse_event_t::key && duplicate_.empty()) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names_.back().insert(name).second) duplicate_ = name;
    }
    return true;
  }
  const std::string& duplicate() const { return duplicate_; }

 private:
  std::vector<std::set<std::string>> names_;
  std::string duplicate_;
};

tl::unexpected<Error> expected(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, "expected " + std::string(what));
}

Result<std::string> text_of_scalar(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  return expected("a text or a number");
}

// Words and names are joined by commas and equals signs, so they can hold none.
Result<std::string> text_of_word(const json& value, std::string_view separators) {
  auto word = text_of_scalar(value);
  if (word && (trim(*word).empty() || word->find_first_of(separators) != word->npos)) {
    return fail(ErrorCode::kInvalidArgument,
                quote(*word) + " must not be empty nor contain any of " + quote(separators));
  }
  return word;
}

Result<std::string> text_of_list(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return expected("a list of texts");
  std::vector<std::string> words;
  for (const auto& item : value) {
    auto word = text_of_word(item, ",");
    if (!word) return word;
    words.push_back(std::move(*word));
  }
  return join_list(words);
}

Result<std::string> text_of_object(const json& value) {
  if (!value.is_object()) return expected("an object of names and values");
  std::vector<std::string> words;
  for (const auto& [name, item] : value.items()) {
    auto left = text_of_word(json(name), ",=");
    if (!left) return left;
    auto right = text_of_word(item, ",");
    if (!right) return right;
    words.push_back(*left + "=" + *right);
  }
  return join_list(words);
}

}  // namespace

Result<json> read_config_file(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  DuplicateFinder finder;
  json file;
  try {
    file = json::parse(*text, std::ref(finder));
  } catch (const json::parse_error& error) {
    return fail(ErrorCode::kInvalidArgument,
                "file " + path + ", " + position_of(*text, error.byte == 0 ? 0 : error.byte - 1) +
                    ": this is not JSON; look for a missing or extra comma, quote or brace");
  } catch (const json::exception&) {
    return fail(ErrorCode::kInvalidArgument, "file " + path + ": a number in it is too large");
  }
  if (!finder.duplicate().empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "file " + path + ": " + quote(finder.duplicate()) + " is given twice");
  }
  if (!file.is_object()) {
    return fail(ErrorCode::kInvalidArgument,
                "file " + path + ": expected one object, { \"listen\": ... }");
  }
  return file;
}

Result<std::string> text_of_json(std::string_view type, const json& value) {
  if (type == "list") return text_of_list(value);
  if (type == "object") return text_of_object(value);
  if (type == "boolean") {
    if (value.is_boolean()) return std::string(value.get<bool>() ? "true" : "false");
    return expected("true or false");
  }
  if (type == "text") {
    if (value.is_string()) return value.get<std::string>();
    return expected("a text in quotes");
  }
  return text_of_scalar(value);
}

}  // namespace chatgate
