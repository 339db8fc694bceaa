// Numbers, sizes and durations as people write them, to integers and back. Whatever cannot be read
// is kInvalidArgument with a sentence that shows the forms that can. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace chatgate {

Result<int64_t> parse_integer(std::string_view text);
// true, yes, on, 1; false, no, off, 0.
Result<bool> parse_boolean(std::string_view text);
// "1048576", "64kB" (1000), "64MB" (1000^2), "64KiB" (1024), "64MiB", "1GiB".
Result<int64_t> parse_bytes(std::string_view text);
// To milliseconds: "500ms", "30s", "10m", "2h", "7d", "4w", "1h30m"; never negative. A number
// without a unit is an error, but 0.
Result<int64_t> parse_duration_ms(std::string_view text);

// The shortest text that its parser reads back as the same number.
std::string format_bytes(int64_t bytes);
std::string format_duration_ms(int64_t ms);

// For a glance, in three digits and rounded down: "999", "1.23k", "45.6M", "7.00G".
std::string format_count(int64_t count);

// "a, b,c" to its words without the spaces around them; empty words are left out.
std::vector<std::string> split_list(std::string_view text);
std::string join_list(const std::vector<std::string>& words);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);  // ASCII

// `text` in double quotes, control characters and quotes escaped: for use in a sentence.
std::string quote(std::string_view text);

}  // namespace chatgate
