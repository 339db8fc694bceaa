#include "common/store/sqlite/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "common/store/sqlite/connection.h"

namespace chatgate::sqlite {
namespace {

constexpr int kAttempts = 10;

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

}  // namespace

void remove_side_files(const std::string& path) {
  for (const char* suffix : {kLogSuffix, kIndexSuffix, kJournalSuffix}) {
    ::unlink((path + suffix).c_str());
  }
}

void sync_folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

Result<PartialFile> PartialFile::create(const std::string& path) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return unusable(path, "created", errno);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
      ::close(file);
      return fail(ErrorCode::kRefused, "another process is writing " + in_quotes(path) +
                                           ": wait until it is done, or name another file");
    }
    if (!is_named(file, path)) {
      ::close(file);
      continue;
    }
    PartialFile partial(path, file);
    if (::fchmod(file, 0600) != 0 || ::ftruncate(file, 0) != 0) {
      return unusable(path, "written", errno);
    }
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
    ::unlink(path_.c_str());
    remove_side_files(path_);
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
  sync_folder_of(path);
  return {};
}

}  // namespace chatgate::sqlite
