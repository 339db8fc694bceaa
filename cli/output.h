// What verbs print: rows of cells as an aligned table, JSON, JSON lines, CSV or
// Markdown. A row's cells keep
// both the exact value, for programs, and a text for people. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/domain/money.h"

namespace chatgate {

enum class Format : uint8_t { kTable, kJson, kJsonLines, kCsv, kMarkdown };

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

// How long a column stays where a terminal is too narrow: those of the least weight go first.
enum class Weight : uint8_t {
  kDetail,
  kCommon,
  kKey,    // tells rows apart, such as a group or a state
  kMoney,  // an amount
  kUnit    // of the amounts: without it they say nothing
};

struct Column {
  std::string name;    // in JSON and CSV: snake_case
  std::string header;  // in tables and Markdown; empty: left out there
  bool is_number = false;
  Weight weight = Weight::kCommon;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`
};

// How lists look; but for JSON lines and CSV, which always look the same.
struct Look {
  bool use_color = false;
  // What a line of a table may take. Numbers alone are never cut to it; see fit_table.
  size_t width_max = SIZE_MAX;
  std::string_view ellipsis = "...";
  // Told the headers of the columns for which a table has no room.
  std::function<void(const std::vector<std::string>&)> tell_left_out = {};
};

// Prints a list row by row as its rows come, so that a million of them take no memory: in JSON an
// array of flat objects, in JSON lines an object on each line. A table's widths are those of its
// first rows; a later, wider cell widens its column from there on while the line fits.
class RowPrinter {
 public:
  RowPrinter(std::ostream& out, std::vector<Column> columns, Format format, Look look);

  void row(const std::vector<Cell>& cells);  // as many as columns
  // Lets out what is held back to measure a table, when the next row may be long in coming.
  void begin();
  // After the last row. Without it a list that broke off is no valid JSON.
  void end();

 private:
  void begin_table();

  std::ostream& out_;
  Table table_;  // the first rows of a table, until its widths are known
  Format format_;
  Look look_;
  bool has_begun_ = false;
  std::vector<size_t> widths_;
};

// All rows at once. Nothing but the header for a table without rows.
std::string render_list(const Table& table, Format format, const Look& look = {});
// The one row: in JSON one object, in a table a line for each column.
std::string render_one(const Table& table, Format format, const Look& look = {});

inline constexpr std::string_view kColumnGap = "  ";  // between the columns of a table

// How many columns of a terminal a text takes (UTF-8; East Asian wide characters take two).
size_t display_width(std::string_view text);
// Its beginning and the ellipsis, together no wider than `width`; or all of it, when that fits.
// REQUIRES: `width` has room for the ellipsis.
std::string cut_text(std::string_view text, size_t width, std::string_view ellipsis);

}  // namespace chatgate
