// Tables as text (RFC 4180): fields between commas, or tabs or semicolons when the first line has
// those, quoted where they hold a delimiter, a quote or a line end. Lines end in LF or CRLF, a byte
// order mark is skipped, lines without any field are left out. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/progress.h"
#include "common/result.h"

namespace chatgate {

class CsvReader {
 public:
  // Borrows `text`.
  explicit CsvReader(std::string_view text);

  // Fills `row` with the next line's fields, quotes taken off; false at the end. kInvalidArgument,
  // with line and column, for what is no CSV: a quote that is never closed, text beside a quoted
  // field, more than 1,000 fields, a field of more than a megabyte.
  Result<bool> next(std::vector<std::string>& row);

  // Visits the rows that are left, each of which must have `fields` of them. Ends with the
  // visitor's error, or as kInterrupted when `report`, which is told of bytes, says so.
  Result<void> for_each_row(
      size_t fields, const std::function<Result<void>(const std::vector<std::string>&)>& visit,
      const ProgressReport& report);

  // The line, from 1, that the last row began in.
  int64_t line() const { return row_line_; }

 private:
  Result<void> read_field(std::string& field);
  Result<void> read_quoted(std::string& field);
  bool is_at_line_end() const;
  tl::unexpected<Error> fault(size_t at, std::string_view what) const;

  std::string_view text_;
  char delimiter_ = ',';
  size_t at_ = 0;
  int64_t line_ = 1;
  int64_t row_line_ = 0;
};

}  // namespace chatgate
