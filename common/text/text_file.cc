#include "common/text/text_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <istream>
#include <system_error>

#include "common/text/quantity.h"

namespace chatgate {

Result<std::string> read_text_file(const std::string& path, int64_t bytes_max) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kInvalidArgument, path + ": " + why);
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return refuse("it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    return fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInvalidArgument,
                path + ": " + std::generic_category().message(error));
  }
  return read_text(file, path, bytes_max);
}

Result<std::string> read_text(std::istream& stream, const std::string& name, int64_t bytes_max) {
  std::string text;
  std::array<char, 65'536> piece;
  while (stream.read(piece.data(), piece.size()) || stream.gcount() > 0) {
    text.append(piece.data(), static_cast<size_t>(stream.gcount()));
    if (static_cast<int64_t>(text.size()) > bytes_max) {
      return fail(
          ErrorCode::kInvalidArgument,
          name + ": it is larger than " + format_bytes(bytes_max) + ", the most that is read");
    }
  }
  if (stream.bad())
    return fail(ErrorCode::kInvalidArgument, name + ": it cannot be read to its end");
  return text;
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

std::string position_of(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const size_t line_begin = before.rfind('\n');
  const size_t column = before.size() - (line_begin == before.npos ? 0 : line_begin + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace chatgate
