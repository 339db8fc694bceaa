// Pictures of numbers, in one line of text each. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chatgate {

// A horizontal bar of at most `width` columns; `max` fills them. Drawn in eighths of a column, or
// in whole ones of `#` when not `is_unicode`. What is not zero is seen. Nothing for a negative
// value. REQUIRES: value <= max.
std::string chart_bar(int64_t value, int64_t max, size_t width, bool is_unicode);

// One column for each value, as high as its share of the greatest; a space for one that is not
// above zero.
std::string sparkline(const std::vector<int64_t>& values, bool is_unicode);

}  // namespace chatgate
