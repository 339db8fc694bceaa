#include "server/docs/cached_answers.h"

#include <algorithm>
#include <string>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

// The next of the words between commas, which is taken off the list.
std::string_view next_word(std::string_view& list) {
  const size_t comma = std::min(list.find(','), list.size());
  const auto word = trim(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return word;
}

// "q=0", "q=0.000": not at all.
bool is_refused(std::string_view parameters) {
  const std::string text = to_lower(parameters);
  const size_t weight = text.find("q=");
  if (weight == std::string::npos) return false;
  return text.find_first_not_of("0. \t", weight + 2) == std::string::npos;
}

}  // namespace

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    auto word = next_word(if_none_match);
    if (word == "*") return true;
    if (word.starts_with("W/")) word.remove_prefix(2);
    if (word == etag) return true;
  }
  return false;
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool accepts_any = false;
  while (!accept_encoding.empty()) {
    const auto word = next_word(accept_encoding);
    const size_t semicolon = std::min(word.find(';'), word.size());
    const auto coding = to_lower(trim(word.substr(0, semicolon)));
    const bool is_accepted = !is_refused(word.substr(semicolon));
    if (coding == "gzip" || coding == "x-gzip") return is_accepted;
    if (coding == "*") accepts_any = is_accepted;
  }
  return accepts_any;
}

}  // namespace chatgate
