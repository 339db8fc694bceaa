#include "cli/conversation/message_tree.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>

#include "cli/output.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

// The bytes of the UTF-8 character that a text begins with (RFC 3629); 0 when there is none.
size_t character_length(std::string_view text, char32_t& point) {
  const auto byte_at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte_at(0);
  point = lead;
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  point = lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte_at(i) & 0xc0) != 0x80) return 0;
    point = point << 6 | (byte_at(i) & 0x3f);
  }
  const bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
  return point < kLeast.at(length) || point > 0x10ffff || is_surrogate ? 0 : length;
}

// Moves the cursor, turns the direction of writing or is not seen at all.
bool must_be_spelt(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0xad || point == 0x61c ||
         (point >= 0x200b && point <= 0x200f && point != 0x200d) ||
         (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) ||
         point == 0xfeff || (point >= 0xfff9 && point <= 0xfffb) || point >= 0xe0000;
}

std::string spelt(const char* format, char32_t number) {
  std::array<char, 12> text{};
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned>(number));
  return text.data();
}

// The next character of a line, printable, and taken from it.
std::string take_printable(std::string_view& line) {
  char32_t point = 0;
  const size_t length = character_length(line, point);
  std::string text;
  if (length == 0) {
    text = spelt("\\x%02x", static_cast<unsigned char>(line.front()));
  } else if (point == '\t') {
    text = "    ";
  } else {
    text = must_be_spelt(point) ? spelt(point < 0x80 ? "\\x%02x" : "\\u%04x", point)
                                : std::string(line.substr(0, length));
  }
  line.remove_prefix(std::max<size_t>(length, 1));
  return text;
}

void wrap_line(std::string_view line, size_t width, std::vector<std::string>& lines) {
  std::string current;
  size_t used = 0;
  size_t last_space = std::string::npos;  // in `current`
  while (!line.empty()) {
    const std::string next = take_printable(line);
    const size_t columns = display_width(next);
    if (used + columns > width && !current.empty()) {
      std::string rest;
      if (next != " " && last_space != std::string::npos && last_space > 0) {
        rest = current.substr(last_space + 1);
        current.erase(last_space);
      }
      lines.push_back(std::move(current));
      current = std::move(rest);
      used = display_width(current);
      last_space = std::string::npos;
      if (next == " ") continue;
    }
    if (next == " ") last_space = current.size();
    current += next;
    used += columns;
  }
  lines.push_back(std::move(current));
}

}  // namespace

std::vector<std::string> wrap_content(std::string_view content, size_t width) {
  std::vector<std::string> lines;
  for (;;) {
    const size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    wrap_line(line, width, lines);
    if (end == content.npos) return lines;
    content.remove_prefix(end + 1);
  }
}

void MessageTree::add(const Message& message) {
  const size_t index = nodes_.size();
  const auto parent = by_id_.find(message.parent_id);
  const size_t parent_index = parent == by_id_.end() ? kNone : parent->second;
  (parent_index == kNone ? roots_ : nodes_[parent_index].children).push_back(index);
  nodes_.push_back({message, parent_index, {}});
  by_id_.emplace(message.id, index);
}

size_t MessageTree::count_branches() const {
  return static_cast<size_t>(
      std::ranges::count_if(nodes_, [](const Node& node) { return node.children.empty(); }));
}

void MessageTree::print(std::ostream& out, size_t width, bool is_unicode) const {
  const std::string bar = is_unicode ? "  │ " : "  | ";
  constexpr size_t kBarWidth = 4;
  constexpr size_t kBesideNames = 30;  // a message's number and time
  std::vector<size_t> numbers(nodes_.size());
  std::vector<size_t> waiting(roots_.rbegin(), roots_.rend());
  size_t before = kNone;
  for (size_t number = 1; !waiting.empty(); ++number) {
    const size_t index = waiting.back();
    waiting.pop_back();
    const Node& node = nodes_[index];
    const Message& message = node.message;
    numbers[index] = number;
    out << '\n';
    if (node.parent == kNone && !message.parent_id.empty()) {
      out << "--- after a message that is gone ---\n";
    } else if (node.parent == kNone && before != kNone) {
      out << "--- another beginning ---\n";
    } else if (node.parent != before) {
      out << "--- another branch after [" << numbers[node.parent] << "] ---\n";
    }
    std::string who(name_of(message.role));
    if (!message.model.empty()) who += " " + message.model;
    if (!message.name.empty()) who += " " + message.name;
    out << '[' << number << "] " << wrap_content(who, width - kBesideNames).front() << ", "
        << format_minute(message.created_at) << '\n'
        << "    " << message.id << '\n';
    for (const std::string& line : wrap_content(message.content, width - kBarWidth)) {
      out << bar << line << '\n';
    }
    waiting.insert(waiting.end(), node.children.rbegin(), node.children.rend());
    before = index;
  }
}

}  // namespace chatgate
