// Text as JSON writes it (RFC 8259), for output that is put together by hand. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace chatgate {

// Appends `text` in quotes, in ASCII alone: a reader's terminal would obey the controls that
// Unicode has. Bytes that are no UTF-8 become U+FFFD, so that the result is always valid.
void append_json_string(std::string& out, std::string_view text);

}  // namespace chatgate
