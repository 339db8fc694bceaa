#include "cli/output.h"

#include <algorithm>
#include <cassert>

#include "common/text/time_text.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

// Lines wider than the terminal are for the reader to wrap; the columns are chosen to fit 80.
constexpr std::string_view kGap = "  ";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kPlain = "\x1b[0m";

char32_t take_code_point(std::string_view& text) {
  const auto byte_at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte_at(0);
  size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  length = std::min(length, text.size());
  char32_t point = length == 1 ? lead : lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) point = point << 6 | (byte_at(i) & 0x3f);
  text.remove_prefix(length);
  return point;
}

bool is_wide(char32_t point) {
  return (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) ||
         (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
         (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) ||
         (point >= 0xffe0 && point <= 0xffe6) || (point >= 0x1f300 && point <= 0x1faff) ||
         (point >= 0x20000 && point <= 0x3fffd);
}

bool is_zero_width(char32_t point) {
  return (point >= 0x300 && point <= 0x36f) || point == 0x200b || point == 0x200d ||
         (point >= 0xfe00 && point <= 0xfe0f);
}

// A note may hold anything; what would move the cursor is shown as a question mark.
std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t point = take_code_point(text);
    const bool is_control = point < 0x20 || (point >= 0x7f && point < 0xa0) ||
                            (point >= 0x202a && point <= 0x202e) ||
                            (point >= 0x2066 && point <= 0x2069);
    result += is_control ? "?" : before.substr(0, before.size() - text.size());
  }
  return result;
}

std::vector<size_t> shown_columns(const Table& table) {
  std::vector<size_t> shown;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.columns[i].header.empty()) shown.push_back(i);
  }
  return shown;
}

std::string padded(const std::string& text, size_t width, bool to_right) {
  const size_t used = display_width(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return to_right ? space + text : text + space;
}

std::string without_trailing_space(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string render_table(const Table& table, bool use_color) {
  const std::vector<size_t> shown = shown_columns(table);
  std::vector<size_t> widths;
  for (const size_t i : shown) {
    size_t width = display_width(table.columns[i].header);
    for (const auto& row : table.rows) {
      width = std::max(width, display_width(printable(row[i].text)));
    }
    widths.push_back(width);
  }
  std::string header;
  for (size_t i = 0; i < shown.size(); ++i) {
    const Column& column = table.columns[shown[i]];
    header +=
        (i == 0 ? "" : std::string(kGap)) + padded(column.header, widths[i], column.is_number);
  }
  header = without_trailing_space(header);
  std::string text = use_color ? std::string(kBold) + header + std::string(kPlain) : header;
  text += '\n';
  for (const auto& row : table.rows) {
    std::string line;
    for (size_t i = 0; i < shown.size(); ++i) {
      line += (i == 0 ? "" : std::string(kGap)) +
              padded(printable(row[shown[i]].text), widths[i], table.columns[shown[i]].is_number);
    }
    text += without_trailing_space(line) + '\n';
  }
  return text;
}

std::string render_lines(const Table& table, bool use_color) {
  size_t width = 0;
  for (const auto& column : table.columns) width = std::max(width, column.name.size() + 1);
  std::string text;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    std::string name = table.columns[i].name;
    std::replace(name.begin(), name.end(), '_', ' ');
    const std::string label = padded(name + ":", width, false);
    text += without_trailing_space(
                (use_color ? std::string(kBold) + label + std::string(kPlain) : label) + " " +
                printable(table.rows.front()[i].text)) +
            '\n';
  }
  return text;
}

// RFC 4180: quotes around what holds a comma, a quote or a line end; quotes doubled.
std::string csv_field(const ordered_json& value) {
  if (value.is_null()) return "";
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field + "\"";
}

std::string render_csv(const Table& table) {
  std::string text;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    text += (i == 0 ? "" : ",") + table.columns[i].name;
  }
  text += "\r\n";
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + csv_field(row[i].value);
    text += "\r\n";
  }
  return text;
}

std::string markdown_field(std::string_view text) {
  std::string field;
  for (const char c : printable(text)) {
    if (c == '|') field += '\\';
    field += c;
  }
  return field;
}

std::string render_markdown(const Table& table) {
  const std::vector<size_t> shown = shown_columns(table);
  std::string header = "|";
  std::string rule = "|";
  for (const size_t i : shown) {
    header += " " + table.columns[i].header + " |";
    rule += table.columns[i].is_number ? "---:|" : "---|";
  }
  std::string text = header + "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const size_t i : shown) text += " " + markdown_field(row[i].text) + " |";
    text += "\n";
  }
  return text;
}

ordered_json object_of(const Table& table, const std::vector<Cell>& row) {
  assert(row.size() == table.columns.size());
  ordered_json object = ordered_json::object();
  for (size_t i = 0; i < row.size(); ++i) object[table.columns[i].name] = row[i].value;
  return object;
}

// Text that is no UTF-8 must not end the program: it is shown with replacement characters.
std::string dump(const ordered_json& value) {
  return value.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

Cell text_cell(std::string_view text) { return {std::string(text), std::string(text)}; }

Cell number_cell(int64_t number) { return {number, std::to_string(number)}; }

Cell count_cell(int64_t limit) { return {limit, limit == 0 ? "-" : std::to_string(limit)}; }

Cell boolean_cell(bool value) { return {value, value ? "yes" : "no"}; }

Cell money_cell(Money amount, const Unit& unit) {
  const std::string text = format_money(amount, unit);
  return {text, text};
}

Cell time_cell(const std::optional<Timestamp>& time) {
  if (!time) return empty_cell();
  return {format_rfc3339(*time), format_minute(*time)};
}

Cell empty_cell() { return {nullptr, "-"}; }

std::string render_list(const Table& table, Format format, bool use_color) {
  if (format == Format::kTable) return render_table(table, use_color);
  if (format == Format::kCsv) return render_csv(table);
  if (format == Format::kMarkdown) return render_markdown(table);
  ordered_json array = ordered_json::array();
  for (const auto& row : table.rows) array.push_back(object_of(table, row));
  return dump(array);
}

std::string render_one(const Table& table, Format format, bool use_color) {
  assert(table.rows.size() == 1);
  if (format == Format::kTable) return render_lines(table, use_color);
  if (format == Format::kJson) return dump(object_of(table, table.rows.front()));
  return render_list(table, format, use_color);
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const char32_t point = take_code_point(text);
    if (!is_zero_width(point)) width += is_wide(point) ? 2 : 1;
  }
  return width;
}

}  // namespace chatgate
