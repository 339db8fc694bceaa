// Near misses: what a person probably meant by a name that does not exist. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chatgate {

// How many letters must be inserted, removed, replaced or swapped with their neighbour, ignoring
// case, to make one word of the other.
size_t edit_distance(std::string_view a, std::string_view b);

// Finds the nearest among names that are offered one by one, so that they need not all be kept.
class NearMiss {
 public:
  explicit NearMiss(std::string_view wrong);
  void offer(std::string_view name);
  // Empty when nothing offered is near enough to be worth suggesting.
  const std::optional<std::string>& best() const { return best_; }

 private:
  std::string wrong_;
  size_t distance_;
  std::optional<std::string> best_;
};

std::optional<std::string> nearest(std::string_view wrong, const std::vector<std::string>& known);

// `; did you mean "alice"?`, or nothing: the tail of a sentence that names what was wrong.
std::string did_you_mean(const std::optional<std::string>& suggestion);
std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& known);

}  // namespace chatgate
