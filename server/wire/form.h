// Fields as HTML forms and queries write them: `application/x-www-form-urlencoded` (WHATWG URL, 5).
// Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace chatgate {

// Of several fields of one name the first; beyond a few hundred the rest is passed over. Broken
// escapes stand for themselves.
std::map<std::string, std::string> parse_form(std::string_view text);

}  // namespace chatgate
