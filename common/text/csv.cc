#include "common/text/csv.h"

#include "common/text/text_file.h"

namespace chatgate {
namespace {

constexpr size_t kFieldsMax = 1'000;
constexpr int64_t kLinesOfReport = 1'000;
constexpr size_t kFieldBytesMax = 1 << 20;

// The first of the delimiters that stands outside of quotes in the first line.
char delimiter_of(std::string_view text) {
  bool is_quoted = false;
  for (const char c : text) {
    if (c == '"') is_quoted = !is_quoted;
    if (is_quoted) continue;
    if (c == '\n' || c == '\r') break;
    if (c == ',' || c == ';' || c == '\t') return c;
  }
  return ',';
}

}  // namespace

CsvReader::CsvReader(std::string_view text)
    : text_(without_byte_order_mark(text)), delimiter_(delimiter_of(text_)) {}

Result<bool> CsvReader::next(std::vector<std::string>& row) {
  row.clear();
  while (at_ < text_.size() && is_at_line_end()) {
    if (text_[at_++] == '\n') ++line_;
  }
  if (at_ >= text_.size()) return false;
  row_line_ = line_;
  while (true) {
    if (row.size() == kFieldsMax) return fault(at_, "this line has more than 1000 fields");
    row.emplace_back();
    if (auto read = read_field(row.back()); !read) return tl::unexpected(read.error());
    if (at_ >= text_.size() || is_at_line_end()) return true;
    ++at_;  // the delimiter
  }
}

Result<void> CsvReader::read_field(std::string& field) {
  if (at_ < text_.size() && text_[at_] == '"') return read_quoted(field);
  const size_t begin = at_;
  while (at_ < text_.size() && text_[at_] != delimiter_ && !is_at_line_end()) {
    if (text_[at_] == '"') {
      return fault(at_, "a quote stands within a field that does not begin with one");
    }
    ++at_;
  }
  if (at_ - begin > kFieldBytesMax) return fault(begin, "this field is larger than a megabyte");
  field = text_.substr(begin, at_ - begin);
  return {};
}

Result<void> CsvReader::read_quoted(std::string& field) {
  const size_t begin = at_++;
  while (true) {
    if (field.size() > kFieldBytesMax) return fault(begin, "this field is larger than a megabyte");
    if (at_ >= text_.size()) return fault(begin, "the quote that opens here is never closed");
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    if (c != '"') {
      field += c;
    } else if (at_ < text_.size() && text_[at_] == '"') {
      field += '"';
      ++at_;
    } else {
      break;
    }
  }
  if (at_ < text_.size() && text_[at_] != delimiter_ && !is_at_line_end()) {
    return fault(at_, "text follows the end of a quoted field");
  }
  return {};
}

Result<void> CsvReader::for_each_row(
    size_t fields, const std::function<Result<void>(const std::vector<std::string>&)>& visit,
    const ProgressReport& report) {
  std::vector<std::string> row;
  auto more = next(row);
  for (; more && *more; more = next(row)) {
    if (row.size() != fields) {
      return fail(ErrorCode::kInvalidArgument,
                  "line " + std::to_string(row_line_) + ": " + std::to_string(row.size()) +
                      " fields, but the first line has " + std::to_string(fields));
    }
    if (auto visited = visit(row); !visited) return visited;
    if (row_line_ % kLinesOfReport == 0 && report &&
        !report(static_cast<int64_t>(at_), static_cast<int64_t>(text_.size()))) {
      return fail(ErrorCode::kInterrupted, "interrupted: nothing was changed");
    }
  }
  return more.map([](bool) {});
}

// A carriage return ends a line only before a line feed or at the end of the text.
bool CsvReader::is_at_line_end() const {
  if (text_[at_] == '\n') return true;
  return text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n');
}

tl::unexpected<Error> CsvReader::fault(size_t at, std::string_view what) const {
  return fail(ErrorCode::kInvalidArgument, position_of(text_, at) + ": " + std::string(what));
}

}  // namespace chatgate
