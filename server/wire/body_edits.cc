// The edits of request_body.h. A reader's offsets stay right through any number of them.
#include <cassert>

#include "server/json/json_cursor.h"
#include "server/wire/request_body.h"

namespace chatgate {
namespace {

// Puts `text` in place of `bytes` bytes at `offset` and moves the offsets behind it.
void splice(std::string& body, RequestFacts& facts, size_t offset, size_t bytes,
            std::string_view text) {
  assert(offset + bytes <= body.size());
  body.replace(offset, bytes, text);
  const auto shift = [offset, bytes, &text](size_t& at) {
    if (at > offset) at = at - bytes + text.size();
  };
  shift(facts.model_offset);
  shift(facts.stream_options_offset);
  shift(facts.object_end);
}

// Adds a member before the closing brace and returns the offset of its value.
size_t add_member(std::string& body, RequestFacts& facts, std::string_view name,
                  std::string_view value) {
  const size_t offset = facts.object_end;
  assert(offset < body.size() && body[offset] == '}');
  const size_t last = body.find_last_not_of(" \t\r\n", offset - 1);
  std::string member = body[last] == '{' ? "\"" : ",\"";
  member.append(name).append("\":");
  const size_t value_offset = offset + member.size();
  member.append(value);
  body.insert(offset, member);
  facts.object_end += member.size();
  return value_offset;
}

}  // namespace

void ask_for_usage(std::string& body, RequestFacts& facts) {
  constexpr std::string_view kAsk = "{\"include_usage\":true}";
  const std::string_view options =
      std::string_view(body).substr(facts.stream_options_offset, facts.stream_options_bytes);
  if (options.empty()) {
    facts.stream_options_offset = add_member(body, facts, "stream_options", kAsk);
    facts.stream_options_bytes = kAsk.size();
    return;
  }
  if (options == "null") {
    splice(body, facts, facts.stream_options_offset, facts.stream_options_bytes, kAsk);
    facts.stream_options_bytes = kAsk.size();
    return;
  }
  // The object was found valid, so only its own members need telling from inner ones.
  JsonCursor cursor(options);
  size_t depth = 0;
  bool is_name = false;
  bool is_empty = true;
  for (; !cursor.is_at_end(); cursor.skip_blanks()) {
    JsonString name;
    const char c = cursor.peek();
    if (c != '"') {
      is_empty = is_empty && (c == '{' || c == '}') && depth <= 1;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      is_name = c == '{' || c == ',';
      cursor.take(c);
      continue;
    }
    is_empty = false;
    cursor.take_string(name);
    if (depth != 1 || !is_name || json_unescaped(cursor.text_of(name)) != "include_usage") continue;
    cursor.skip_blanks();
    cursor.take(':');
    cursor.skip_blanks();
    const size_t bytes = cursor.peek() == 'f' ? 5 : 4;  // false; true or null
    const size_t before = body.size();
    splice(body, facts, facts.stream_options_offset + cursor.position(), bytes, "true");
    facts.stream_options_bytes = facts.stream_options_bytes + body.size() - before;
    return;
  }
  const std::string_view member = is_empty ? "\"include_usage\":true" : "\"include_usage\":true,";
  splice(body, facts, facts.stream_options_offset + 1, 0, member);
  facts.stream_options_bytes += member.size();
}

void replace_model(std::string& body, RequestFacts& facts, std::string_view upstream_model) {
  const bool is_json = facts.object_end != 0;
  std::string value;
  if (is_json) {
    append_json_escaped(value, upstream_model);
  } else {
    value = upstream_model;
  }
  if (facts.model_offset != 0) {
    splice(body, facts, facts.model_offset, facts.model_bytes, value);
    facts.model_bytes = value.size();
  } else if (is_json) {
    facts.model_offset = add_member(body, facts, "model", '"' + value + '"') + 1;
    facts.model_bytes = value.size();
  }
}

}  // namespace chatgate
