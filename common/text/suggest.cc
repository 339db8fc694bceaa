#include "common/text/suggest.h"

#include <algorithm>

namespace chatgate {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// One slip in three letters is a slip; more is another word.
size_t tolerated_distance(size_t length) { return std::clamp<size_t>(length / 3, 1, 3); }

}  // namespace

// The restricted Damerau-Levenshtein distance, over three rows of its table.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

NearMiss::NearMiss(std::string_view wrong)
    : wrong_(wrong.substr(0, 128)), distance_(tolerated_distance(wrong_.size()) + 1) {}

void NearMiss::offer(std::string_view name) {
  const size_t longer = std::max(name.size(), wrong_.size());
  const size_t shorter = std::min(name.size(), wrong_.size());
  if (name.empty() || longer - shorter >= distance_) return;
  const size_t distance = edit_distance(wrong_, name);
  if (distance < distance_ && distance < longer) {
    distance_ = distance;
    best_ = std::string(name);
  }
}

std::optional<std::string> nearest(std::string_view wrong, const std::vector<std::string>& known) {
  NearMiss near_miss(wrong);
  for (const auto& name : known) near_miss.offer(name);
  return near_miss.best();
}

std::string did_you_mean(const std::optional<std::string>& suggestion) {
  return suggestion ? "; did you mean \"" + *suggestion + "\"?" : std::string();
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& known) {
  return did_you_mean(nearest(wrong, known));
}

}  // namespace chatgate
