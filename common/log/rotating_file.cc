#include "common/log/rotating_file.h"

#include <fcntl.h>
#include <spdlog/details/file_helper.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "common/log/log.h"
#include "common/text/quantity.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytesMax = 256 << 10;
constexpr int64_t kRotateAgainMs = 60'000;
constexpr size_t kSerialDigits = 5;
constexpr std::string_view kDatePattern = "dddd-dd-dd";

// `NAME.2026-11-20.00001` without the name.
struct RotatedName {
  std::string date;
  int64_t serial = 0;
  auto operator<=>(const RotatedName&) const = default;

  std::string suffix() const {
    const std::string digits = std::to_string(serial);
    const size_t zeros = kSerialDigits - std::min(kSerialDigits, digits.size());
    return "." + date + "." + std::string(zeros, '0') + digits;
  }
};

// Nothing for what this program did not name.
std::optional<RotatedName> parse_rotated_name(std::string_view suffix) {
  const size_t dot = kDatePattern.size() + 1;
  if (suffix.size() < dot + 1 + kSerialDigits || suffix[0] != '.' || suffix[dot] != '.') return {};
  const auto date = suffix.substr(1, kDatePattern.size());
  for (size_t i = 0; i < date.size(); ++i) {
    const bool is_digit = date[i] >= '0' && date[i] <= '9';
    if (is_digit != (kDatePattern[i] == 'd') || (!is_digit && date[i] != '-')) return {};
  }
  RotatedName name{std::string(date), 0};
  const auto digits = suffix.substr(dot + 1);
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, name.serial);
  if (parsed.ec != std::errc() || parsed.ptr != end || name.suffix() != suffix) return {};
  return name;
}

// The rotated files beside `path`, the oldest first.
std::vector<RotatedName> rotated_beside(const fs::path& path) {
  std::vector<RotatedName> names;
  std::error_code error;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const std::string stem = path.filename().string();
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(stem)) continue;
    if (auto rotated = parse_rotated_name(std::string_view(name).substr(stem.size()))) {
      names.push_back(std::move(*rotated));
    }
  }
  std::ranges::sort(names);
  return names;
}

// Whatever stands behind such a name (a redirected /dev/stdout may be a file), it is not ours to
// rename.
bool names_device(std::string_view path) {
  return path.starts_with("/dev/") || path.starts_with("/proc/");
}

// Opening a pipe that nobody reads would wait for ever, so that is tried without waiting.
Result<void> check_kind(const std::string& path, bool& is_regular) {
  struct stat facts {};
  is_regular = !names_device(path);
  if (::stat(path.c_str(), &facts) != 0 || S_ISREG(facts.st_mode)) return {};
  is_regular = false;
  if (S_ISFIFO(facts.st_mode)) {
    const int pipe = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (pipe < 0) return fail(ErrorCode::kInvalidArgument, std::strerror(errno));
    ::close(pipe);
    return {};
  }
  if (S_ISCHR(facts.st_mode)) return {};
  return fail(ErrorCode::kInvalidArgument, "it is not a file");
}

std::string reason_of(const spdlog::spdlog_ex& error) {
  // "Failed opening file PATH for writing: Permission denied"
  const std::string_view text = error.what();
  const size_t colon = text.rfind(": ");
  return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
}

}  // namespace

struct RotatingFile::Helper {
  spdlog::details::file_helper file;
};

RotatingFile::RotatingFile(std::string path, RotationRules rules)
    : path_(std::move(path)), rules_(rules) {}
RotatingFile::~RotatingFile() = default;

Result<void> RotatingFile::open(Timestamp now) {
  bool is_regular = true;
  const auto cannot = [&](const std::string& reason) {
    return fail(ErrorCode::kInvalidArgument, "cannot write " + quote(path_) + ": " + reason);
  };
  if (auto checked = check_kind(path_, is_regular); !checked) {
    return cannot(checked.error().message);
  }
  auto fresh = std::make_unique<Helper>();
  try {
    fresh->file.open(path_);
    day_ = day_of(now);
    struct stat facts {};
    if (is_regular && fresh->file.size() > 0 && ::stat(path_.c_str(), &facts) == 0) {
      day_ = day_of(Timestamp{facts.st_mtim.tv_sec * 1000});
    }
  } catch (const spdlog::spdlog_ex& error) {
    return cannot(reason_of(error));
  }
  is_regular_ = is_regular;
  file_ = std::move(fresh);
  return {};
}

Result<void> RotatingFile::write(std::string_view& lines, Timestamp now) {
  while (!lines.empty()) {
    if (!file_) {
      if (auto opened = open(now); !opened) return opened;
    }
    try {
      const auto written = write_piece(lines, now);
      if (!written) return tl::unexpected(written.error());
      lines.remove_prefix(*written);
    } catch (const spdlog::spdlog_ex& error) {
      file_.reset();
      return fail(ErrorCode::kSystem, "cannot write " + quote(path_) + ": " + reason_of(error));
    }
  }
  return {};
}

bool RotatingFile::may_rotate(Timestamp now) const {
  return is_regular_ && rules_.files_max > 0 && now.unix_ms >= rotates_after_ms_;
}

// As many lines as there is room for, and one in any case.
Result<size_t> RotatingFile::write_piece(std::string_view lines, Timestamp now) {
  const auto bytes_max = static_cast<size_t>(rules_.bytes_max);
  const size_t line_bytes = lines.find('\n') + 1;
  size_t bytes = file_->file.size();
  const bool is_full = bytes_max > 0 && bytes + line_bytes > bytes_max;
  if (bytes > 0 && may_rotate(now) && (is_full || day_of(now) > day_)) {
    if (auto rotated = rotate(now); !rotated) return tl::unexpected(rotated.error());
    bytes = file_->file.size();
  }
  if (bytes == 0) day_ = day_of(now);

  size_t room = kPieceBytesMax;
  if (bytes_max > 0 && may_rotate(now))
    room = std::min(room, bytes_max - std::min(bytes, bytes_max));
  size_t taken = lines.size();
  if (taken > room) taken = room == 0 ? 0 : lines.rfind('\n', room - 1) + 1;
  taken = std::max(taken, line_bytes);
  return append(lines.substr(0, taken)).map([&] { return taken; });
}

// All or nothing: what a full disk took of a piece is taken back, so that no line is torn.
Result<void> RotatingFile::append(std::string_view piece) {
  spdlog::memory_buf_t buffer;
  buffer.append(piece.data(), piece.data() + piece.size());
  const size_t bytes_before = file_->file.size();
  try {
    file_->file.write(buffer);
    file_->file.flush();
    return {};
  } catch (const spdlog::spdlog_ex& error) {
    const std::string reason = reason_of(error);
    file_.reset();  // closing may write what waits in its buffer, so the cut comes after it
    if (is_regular_ && ::truncate(path_.c_str(), static_cast<off_t>(bytes_before)) != 0) {
      log::warn("access_log_line_torn", {{"path", std::string_view(path_)}});
    }
    return fail(ErrorCode::kSystem, "cannot write " + quote(path_) + ": " + reason);
  }
}

Result<void> RotatingFile::rotate(Timestamp now) {
  const std::string date = format_date(start_of_day(day_));
  RotatedName name{date, 1};
  for (const auto& known : rotated_beside(path_)) {
    if (known.date == date) name.serial = known.serial + 1;
  }
  // Somebody else may have moved it away already; then a new one is all that is needed.
  if (::rename(path_.c_str(), (path_ + name.suffix()).c_str()) != 0 && errno != ENOENT) {
    log::warn("access_log_not_rotated", {{"path", std::string_view(path_)},
                                         {"reason", std::string_view(std::strerror(errno))}});
    rotates_after_ms_ = now.unix_ms + kRotateAgainMs;
    return {};
  }
  file_.reset();
  if (auto opened = open(now); !opened) return opened;
  prune();
  return {};
}

void RotatingFile::prune() const {
  const auto names = rotated_beside(path_);
  const auto kept = static_cast<size_t>(rules_.files_max);
  for (size_t i = 0; i + kept < names.size(); ++i) {
    std::error_code ignored;
    fs::remove(path_ + names[i].suffix(), ignored);
  }
}

}  // namespace chatgate
