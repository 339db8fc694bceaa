#include "cli/output.h"

#include <algorithm>
#include <cassert>
#include <sstream>

#include "cli/fit_table.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr size_t kRowsMeasured = 1'000;  // for a table's widths

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

size_t width_of(char32_t point) { return is_zero_width(point) ? 0 : is_wide(point) ? 2 : 1; }

// Most texts are, and need no closer look.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

// A note may hold anything; what would move the cursor is shown as a question mark.
std::string printable(std::string_view text) {
  if (is_plain(text)) return std::string(text);
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

// The widths of the shown columns that fit the header and all rows.
std::vector<size_t> widths_of(const Table& table) {
  std::vector<size_t> widths;
  for (const size_t i : shown_columns(table)) {
    size_t width = display_width(table.columns[i].header);
    for (const auto& row : table.rows) {
      width = std::max(width, display_width(printable(row[i].text)));
    }
    widths.push_back(width);
  }
  return widths;
}

// One line of a table; `text_of` gives a column's text, which fits its width.
template <class TextOf>
std::string table_line(const Table& table, const std::vector<size_t>& widths,
                       const TextOf& text_of) {
  const std::vector<size_t> shown = shown_columns(table);
  std::string line;
  for (size_t i = 0; i < shown.size(); ++i) {
    if (i > 0) line += kColumnGap;
    line += padded(text_of(shown[i], widths[i]), widths[i], table.columns[shown[i]].is_number);
  }
  return without_trailing_space(std::move(line));
}

std::string table_header(const Table& table, const std::vector<size_t>& widths, bool use_color) {
  const std::string header =
      table_line(table, widths, [&](size_t i, size_t) { return table.columns[i].header; });
  return (use_color ? std::string(kBold) + header + std::string(kPlain) : header) + "\n";
}

std::string table_row(const Table& table, const std::vector<size_t>& widths,
                      const std::vector<Cell>& row, std::string_view ellipsis) {
  return table_line(table, widths,
                    [&](size_t i, size_t width) {
                      return cut_text(printable(row[i].text), width, ellipsis);
                    }) +
         "\n";
}

// For a row that comes after the widths were settled: its columns become wider while the line fits.
void widen(const Table& table, std::vector<size_t>& widths, const std::vector<Cell>& row,
           size_t width_max) {
  const std::vector<size_t> shown = shown_columns(table);
  size_t used = widths.empty() ? 0 : (widths.size() - 1) * kColumnGap.size();
  for (const size_t width : widths) used += width;
  for (size_t i = 0; i < shown.size(); ++i) {
    const size_t wanted = display_width(row[shown[i]].text);
    if (wanted <= widths[i]) continue;
    if (!table.columns[shown[i]].is_number && used + wanted - widths[i] > width_max) continue;
    used += wanted - widths[i];
    widths[i] = wanted;
  }
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

std::string csv_header(const Table& table) {
  std::string text;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    text += (i == 0 ? "" : ",") + table.columns[i].name;
  }
  return text + "\r\n";
}

std::string csv_row(const std::vector<Cell>& row) {
  std::string text;
  for (size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + csv_field(row[i].value);
  return text + "\r\n";
}

std::string markdown_field(std::string_view text) {
  std::string field;
  for (const char c : printable(text)) {
    if (c == '|') field += '\\';
    field += c;
  }
  return field;
}

std::string markdown_header(const Table& table) {
  std::string header = "|";
  std::string rule = "|";
  for (const size_t i : shown_columns(table)) {
    header += " " + table.columns[i].header + " |";
    rule += table.columns[i].is_number ? "---:|" : "---|";
  }
  return header + "\n" + rule + "\n";
}

std::string markdown_row(const Table& table, const std::vector<Cell>& row) {
  std::string text = "|";
  for (const size_t i : shown_columns(table)) text += " " + markdown_field(row[i].text) + " |";
  return text + "\n";
}

ordered_json object_of(const Table& table, const std::vector<Cell>& row) {
  assert(row.size() == table.columns.size());
  ordered_json object = ordered_json::object();
  for (size_t i = 0; i < row.size(); ++i) object[table.columns[i].name] = row[i].value;
  return object;
}

// Text that is no UTF-8 must not end the program: it is shown with replacement characters.
constexpr auto kReplace = ordered_json::error_handler_t::replace;

std::string dump(const ordered_json& value) { return value.dump(2, ' ', false, kReplace) + "\n"; }

// An object as an element of an array that is written piece by piece: the indentation of
// ordered_json, and no line end.
std::string dump_element(const ordered_json& object) {
  std::string text = "\n" + dump(object);
  text.pop_back();
  for (size_t i = text.find('\n'); i != std::string::npos; i = text.find('\n', i + 1)) {
    text.insert(i + 1, "  ");
  }
  return text;
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

RowPrinter::RowPrinter(std::ostream& out, std::vector<Column> columns, Format format, Look look)
    : out_(out), table_{std::move(columns), {}}, format_(format), look_(std::move(look)) {
  if (format == Format::kJson) out_ << '[';
  if (format == Format::kCsv) out_ << csv_header(table_);
  if (format == Format::kMarkdown) out_ << markdown_header(table_);
}

void RowPrinter::row(const std::vector<Cell>& cells) {
  assert(cells.size() == table_.columns.size());
  switch (format_) {
    case Format::kJson:
      out_ << (has_begun_ ? "," : "") << dump_element(object_of(table_, cells));
      has_begun_ = true;
      break;
    case Format::kJsonLines:
      out_ << object_of(table_, cells).dump(-1, ' ', false, kReplace) << '\n';
      break;
    case Format::kCsv:
      out_ << csv_row(cells);
      break;
    case Format::kMarkdown:
      out_ << markdown_row(table_, cells);
      break;
    case Format::kTable:
      if (has_begun_) {
        widen(table_, widths_, cells, look_.width_max);
        out_ << table_row(table_, widths_, cells, look_.ellipsis);
      } else {
        table_.rows.push_back(cells);
        if (table_.rows.size() == kRowsMeasured) begin_table();
      }
      break;
  }
}

void RowPrinter::end() {
  if (format_ == Format::kJson) out_ << (has_begun_ ? "\n]\n" : "]\n");
  begin();
}

void RowPrinter::begin() {
  if (format_ == Format::kTable && !has_begun_) begin_table();
}

void RowPrinter::begin_table() {
  has_begun_ = true;
  const auto left_out = fit_table(table_, look_.width_max, look_.ellipsis);
  if (!left_out.empty() && look_.tell_left_out) look_.tell_left_out(left_out);
  widths_ = widths_of(table_);
  out_ << table_header(table_, widths_, look_.use_color);
  for (const auto& row : table_.rows) out_ << table_row(table_, widths_, row, look_.ellipsis);
  table_.rows.clear();
}

std::string render_list(const Table& table, Format format, const Look& look) {
  std::ostringstream out;
  RowPrinter printer(out, table.columns, format, look);
  for (const auto& row : table.rows) printer.row(row);
  printer.end();
  return out.str();
}

std::string render_one(const Table& table, Format format, const Look& look) {
  assert(table.rows.size() == 1);
  if (format == Format::kTable) return render_lines(table, look.use_color);
  if (format == Format::kJson) return dump(object_of(table, table.rows.front()));
  return render_list(table, format, look);
}

size_t display_width(std::string_view text) {
  if (is_plain(text)) return text.size();
  size_t width = 0;
  while (!text.empty()) {
    width += width_of(take_code_point(text));
  }
  return width;
}

std::string cut_text(std::string_view text, size_t width, std::string_view ellipsis) {
  if (display_width(text) <= width) return std::string(text);
  const size_t room = width - std::min(width, display_width(ellipsis));
  std::string_view rest = text;
  size_t kept = 0;
  for (size_t used = 0; !rest.empty();) {
    used += width_of(take_code_point(rest));
    if (used > room) break;
    kept = text.size() - rest.size();
  }
  return std::string(text.substr(0, kept)) + std::string(ellipsis);
}

}  // namespace chatgate
