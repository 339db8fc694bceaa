#include "common/store/sqlite/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "common/store/sqlite/connection.h"
#include "common/store/sqlite/owner.h"

namespace chatgate::sqlite {
namespace {

constexpr int kAttempts = 10;
constexpr mode_t kWhole = 0600;
constexpr mode_t kInTheMaking = S_ISVTX | kWhole;
constexpr std::array kSideSuffixes{kLogSuffix, kIndexSuffix, kJournalSuffix};

tl::unexpected<Error> unusable(const std::string& path, const char* what, int error_number) {
  const bool is_full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  return fail(ErrorCode::kStoreUnavailable,
              "the file " + in_quotes(path) + " cannot be " + what + " (" +
                  system_error_text(error_number) + "): " +
                  (is_full ? "free some space on its disk and try again"
                           : "check its folder and the permissions there"));
}

// Whether `path` still names the open file: its maker may have renamed it meanwhile.
bool is_named(int file, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

// Whether a process that was killed has left the open file.
bool is_left_over(int file, const std::string& like) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
         (status.st_mode & S_ISVTX) != 0 && may_be_own(status.st_uid, like);
}

// A file of SQLite's beside `path`; empty when there is none.
std::string side_file_of(const std::string& path) {
  struct stat ignored {};
  for (const char* suffix : kSideSuffixes) {
    if (::lstat((path + suffix).c_str(), &ignored) == 0) return path + suffix;
  }
  return {};
}

bool is_or_has_beside(const std::string& path, const std::string& file) {
  std::error_code missing;
  if (std::filesystem::equivalent(path, file, missing)) return true;
  return std::ranges::any_of(kSideSuffixes, [&](const char* suffix) {
    return std::filesystem::equivalent(path + suffix, file, missing);
  });
}

tl::unexpected<Error> somebody_elses(const std::string& path) {
  return fail(ErrorCode::kRefused,
              "the file " + in_quotes(path) +
                  " is in the way and was not left by this command: move it away, or remove it");
}

}  // namespace

void remove_side_files(const std::string& path) {
  for (const char* suffix : kSideSuffixes) ::unlink((path + suffix).c_str());
}

void sync_folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

Result<PartialFile> PartialFile::create(const std::string& path, const std::string& like,
                                        const std::string& source) {
  for (const std::string& used : {like, source}) {
    if (is_or_has_beside(path, used)) {
      return fail(ErrorCode::kRefused, in_quotes(used) + " has the name of a file that this " +
                                           "command makes and removes: give it another name");
    }
  }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int file = ::open(path.c_str(), kFlags | O_CREAT | O_EXCL, kInTheMaking);
    const bool is_new = file >= 0;
    if (!is_new && errno != EEXIST) return unusable(path, "created", errno);
    if (!is_new) file = ::open(path.c_str(), kFlags);
    if (file < 0 && errno == ENOENT) continue;
    if (file < 0) return somebody_elses(path);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
      ::close(file);
      return fail(ErrorCode::kRefused, "another process is writing " + in_quotes(path) +
                                           ": wait until it is done, or name another file");
    }
    if (!is_named(file, path)) {
      ::close(file);
      continue;
    }
    const std::string beside = is_new ? side_file_of(path) : std::string();
    if (!beside.empty() || (!is_new && !is_left_over(file, like))) {
      if (is_new) ::unlink(path.c_str());
      ::close(file);
      return somebody_elses(beside.empty() ? path : beside);
    }
    PartialFile partial(path, file);
    if (::fchmod(file, kInTheMaking) != 0 || ::ftruncate(file, 0) != 0) {
      return unusable(path, "written", errno);
    }
    give_to_owner_of(like, file, path);
    remove_side_files(path);
    return partial;
  }
  return fail(ErrorCode::kRefused,
              "other processes keep replacing " + in_quotes(path) + ": name another file");
}

PartialFile::PartialFile(PartialFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), file_(std::exchange(other.file_, -1)) {}

PartialFile::~PartialFile() {
  if (!path_.empty()) {
    remove_side_files(path_);  // first: alone they would be taken for somebody else's
    ::unlink(path_.c_str());
  }
  if (file_ >= 0) ::close(file_);
}

Result<void> PartialFile::sync() const {
  if (::fsync(file_) != 0) return unusable(path_, "written", errno);
  return {};
}

Result<void> PartialFile::rename_to(const std::string& path) {
  if (std::rename(path_.c_str(), path.c_str()) != 0) return unusable(path, "replaced", errno);
  path_.clear();
  ::fchmod(file_, kWhole);
  sync_folder_of(path);
  return {};
}

}  // namespace chatgate::sqlite
