// Whole files as text, and places in a text as people count them. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

// kNotFound for a file that does not exist, else kInvalidArgument; the message starts with the
// path. A file of more than `bytes_max` is refused before it fills the memory.
Result<std::string> read_text_file(const std::string& path, int64_t bytes_max);
// The same of a stream to its end; `name` is what messages call it.
Result<std::string> read_text(std::istream& stream, const std::string& name, int64_t bytes_max);

// Without the mark that some programs begin a UTF-8 file with.
std::string_view without_byte_order_mark(std::string_view text);

// "line 3, column 14" of the byte at `offset`; its end when the text is shorter.
std::string position_of(std::string_view text, size_t offset);

}  // namespace chatgate
