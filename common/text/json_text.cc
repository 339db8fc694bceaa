#include "common/text/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace chatgate {
namespace {

bool is_plain(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  using nlohmann::json;
  out += json(text).dump(-1, ' ', true, json::error_handler_t::replace);
  // The one control that JSON allows bare.
  for (size_t at = out.find('\x7f'); at != std::string::npos; at = out.find('\x7f', at)) {
    out.replace(at, 1, "\\u007f");
  }
}

}  // namespace chatgate
