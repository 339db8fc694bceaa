// Answers: facts do not depend on the split, and a whole answer's usage is what another parser
// finds in the same place.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "server/upstream/usage_extractor.h"
#include "server/upstream/usage_object.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace chatgate;
using nlohmann::json;

void require(bool condition) {
  if (!condition) std::abort();
}

JsonAnswerScanner scan(std::string_view text, size_t step) {
  JsonAnswerScanner scanner;
  for (size_t at = 0; at < text.size(); at += step) scanner.feed(text.substr(at, step));
  return scanner;
}

void require_same(const JsonAnswerScanner& a, const JsonAnswerScanner& b) {
  require(a.is_complete() == b.is_complete());
  require(a.facts().id == b.facts().id && a.facts().model == b.facts().model);
  require(a.facts().type == b.facts().type && a.facts().usage == b.facts().usage);
  require(a.facts().has_error == b.facts().has_error);
  require(a.facts().has_usage_object == b.facts().has_usage_object);
  require(a.facts().has_choices == b.facts().has_choices);
  require(a.facts().choices_empty == b.facts().choices_empty);
  require(a.facts().has_content == b.facts().has_content);
}

bool is_in_range(int64_t count) { return count >= 0 && count <= kUsageCountMax; }

}  // namespace

FUZZ_TARGET(usage, R"(7{"id":"a","model":"m","usage":{"prompt_tokens":13,"completion_tokens":9,)"
                   R"("prompt_tokens_details":{"cached_tokens":4}},"choices":[{"message":{}}]})") {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const JsonAnswerScanner whole = scan(text, text.size() + 1);
  require_same(whole, scan(text, 1));
  require_same(whole, scan(text, data[0] % 64 + 1U));

  const auto usage = parse_usage(text);
  if (usage) {
    require(is_in_range(usage->prompt) && is_in_range(usage->completion));
    require(is_in_range(usage->cached_prompt) && is_in_range(usage->reasoning_completion));
    require(is_in_range(usage->audio_prompt) && is_in_range(usage->audio_completion));
  }

  const json value = json::parse(text.begin(), text.end(), nullptr, false);
  if (!value.is_object() || text.find('\0') != std::string_view::npos) return 0;
  require(whole.is_complete() || text.starts_with("\xef\xbb\xbf"));
  if (!whole.is_complete() || value.contains("response")) return 0;
  if (whole.facts().usage) require(value.contains("usage") && whole.facts().has_usage_object);
  require(whole.facts().model.empty() || value.contains("model"));
  require(!whole.facts().has_choices || value.contains("choices"));
  return 0;
}
