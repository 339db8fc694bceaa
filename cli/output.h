// What verbs print: rows of cells as an aligned table, JSON, CSV or Markdown. A row's cells keep
// both the exact value, for programs, and a text for people. One thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/domain/money.h"

namespace chatgate {

enum class Format : uint8_t { kTable, kJson, kCsv, kMarkdown };

struct Cell {
  nlohmann::ordered_json value;  // null, text, number or boolean; never nested
  std::string text;
};
Cell text_cell(std::string_view text);
Cell number_cell(int64_t number);
Cell count_cell(int64_t limit);  // 0, "unlimited", is a dash for people
Cell boolean_cell(bool value);
Cell money_cell(Money amount, const Unit& unit);
Cell time_cell(const std::optional<Timestamp>& time);  // null, or RFC 3339; to the minute in tables
Cell empty_cell();

struct Column {
  std::string name;    // in JSON and CSV: snake_case
  std::string header;  // in tables and Markdown; empty: left out there
  bool is_number = false;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`
};

// Prints a list row by row as its rows come, so that a million of them take no memory: in JSON an
// array of flat objects. A table's widths are those of its first rows; a later, wider cell shifts
// what follows it in its line.
class RowPrinter {
 public:
  RowPrinter(std::ostream& out, std::vector<Column> columns, Format format, bool use_color);

  void row(const std::vector<Cell>& cells);  // as many as columns
  // After the last row. Without it a list that broke off is no valid JSON.
  void end();

 private:
  void begin_table();

  std::ostream& out_;
  Table table_;  // the first rows of a table, until its widths are known
  Format format_;
  bool use_color_;
  bool has_begun_ = false;
  std::vector<size_t> widths_;
};

// All rows at once. Nothing but the header for a table without rows.
std::string render_list(const Table& table, Format format, bool use_color);
// The one row: in JSON one object, in a table a line for each column.
std::string render_one(const Table& table, Format format, bool use_color);

// How many columns of a terminal a text takes (UTF-8; East Asian wide characters take two).
size_t display_width(std::string_view text);

}  // namespace chatgate
