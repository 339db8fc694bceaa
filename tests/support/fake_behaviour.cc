#include "tests/support/fake_behaviour.h"

#include <array>
#include <charconv>
#include <optional>

namespace chatgate {
namespace {

constexpr std::array<std::string_view, 37> kPlainWords = {
    "reset",     "close",       "stall",        "garbage",    "half-head",     "giant-head",
    "info",      "html",        "garbage-json", "empty",      "long-length",   "short-length",
    "cut-chunk", "cut-event",   "bad-chunk",    "end-early",  "no-last-chunk", "gzip",
    "chunked",   "until-close", "trailers",     "extra",      "bytes",         "cr",
    "crlf",      "comments",    "usage-null",   "usage-each", "usage-inside",  "no-usage",
    "no-done",   "huge-event",  "endless",      "stall-mid",  "step",          "error-mid",
    "one-write"};

constexpr std::array<std::string_view, 10> kNumberedWords = {
    "status",   "retry-after-ms", "retry-after", "cached", "reasoning",
    "audio-in", "audio-out",      "chunks",      "gap",    "size"};

std::optional<int64_t> parse_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

FakeBehaviour FakeBehaviour::parse(std::string_view text) {
  FakeBehaviour behaviour;
  while (!text.empty()) {
    const size_t plus = text.find('+');
    behaviour.add_word(text.substr(0, plus));
    text = plus == std::string_view::npos ? std::string_view() : text.substr(plus + 1);
  }
  return behaviour;
}

int64_t FakeBehaviour::number(std::string_view word, int64_t otherwise) const {
  const auto found = words_.find(std::string(word));
  return found == words_.end() ? otherwise : found->second;
}

void FakeBehaviour::add(const FakeBehaviour& other) {
  for (const auto& [word, number] : other.words_) words_[word] = number;
  if (other.has("usage")) {
    prompt_tokens = other.prompt_tokens;
    completion_tokens = other.completion_tokens;
  }
}

void FakeBehaviour::add_word(std::string_view word) {
  for (const std::string_view plain : kPlainWords) {
    if (word == plain) {
      words_[std::string(word)] = 1;
      return;
    }
  }
  for (const std::string_view prefix : kNumberedWords) {
    if (word.size() <= prefix.size() + 1 || !word.starts_with(prefix)) continue;
    if (word[prefix.size()] != '-') continue;
    if (const auto number = parse_number(word.substr(prefix.size() + 1))) {
      words_[std::string(prefix)] = *number;
      return;
    }
  }
  constexpr std::string_view kUsage = "usage-";
  if (!word.starts_with(kUsage)) return;
  const std::string_view counts = word.substr(kUsage.size());
  const size_t dash = counts.find('-');
  if (dash == std::string_view::npos) return;
  const auto prompt = parse_number(counts.substr(0, dash));
  const auto completion = parse_number(counts.substr(dash + 1));
  if (!prompt || !completion) return;
  words_["usage"] = 1;
  prompt_tokens = *prompt;
  completion_tokens = *completion;
}

}  // namespace chatgate
