// Which models are meant: patterns as people write them in a shell. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chatgate {

// `*` stands for any run of characters, a slash included, `?` for one; case counts. In time that
// grows with the product of both lengths at most.
bool matches_pattern(std::string_view pattern, std::string_view name);

// Whether any pattern matches; all names do when there is no pattern.
bool matches_any_pattern(const std::vector<std::string>& patterns, std::string_view name);

}  // namespace chatgate
