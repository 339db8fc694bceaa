#include "common/store/open_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "common/store/known_names.h"
#include "common/store/sqlite/known_names.h"
#include "common/store/sqlite/maintenance.h"
#include "common/store/sqlite/owner.h"
#include "common/store/sqlite/sqlite_store.h"

namespace chatgate {
namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";

// "scheme" of "scheme://..." in lower case; empty for a path.
std::string scheme_of(std::string_view url) {
  const size_t end = url.find("://");
  if (end == std::string_view::npos) return {};
  std::string scheme(url.substr(0, end));
  for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return scheme;
}

// The path of the SQLite file that `url` names.
Result<std::string> path_of(std::string_view url) {
  const std::string scheme = scheme_of(url);
  if (!scheme.empty() && scheme != "sqlite") {
    // The rest of the address may hold a password.
    return fail(ErrorCode::kInvalidArgument,
                "a database of the kind " + sqlite::in_quotes(scheme + "://") +
                    " is not supported by this version: name a file, or sqlite:FILE");
  }
  if (url.starts_with(kSqliteScheme)) url.remove_prefix(kSqliteScheme.size());
  if (scheme == "sqlite") url.remove_prefix(2);
  if (url.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "the database's path is empty: name a file, like chatgate.db");
  }
  if (url == ":memory:" || url.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument,
                "the database " + sqlite::in_quotes(url) + " is no file: books are kept in one");
  }
  return std::string(url);
}

// What the name is a link to, also when that is not there yet; the path as it is for a file.
std::string linked_path_of(std::string path) {
  constexpr int kLinksMax = 40;  // as many as the system follows
  std::error_code failure;
  for (int links = 0; links < kLinksMax && std::filesystem::is_symlink(path, failure); ++links) {
    const std::filesystem::path target = std::filesystem::read_symlink(path, failure);
    if (failure) break;
    path = (std::filesystem::path(path).parent_path() / target).string();
  }
  return path;
}

// The file's own path, whatever links lead to it: what stands beside it is one for one file.
std::string real_path_of(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path real =
      std::filesystem::weakly_canonical(linked_path_of(path), ignored);
  return real.empty() ? path : real.string();
}

// An advisory lock that the kernel drops with the process, however that ends. The file itself
// stays: to remove it would let two processes lock two files of one name.
class FileLock final : public ServeLock {
 public:
  FileLock(int file, std::string path) : file_(file), path_(std::move(path)) {}
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() override { ::close(file_); }

  int file() const override { return file_; }
  Result<void> sign() override;

 private:
  int file_;
  std::string path_;
};

Result<void> FileLock::sign() {
  const std::string id = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_, 0) == 0 && ::pwrite(file_, id.data(), id.size(), 0) >= 0) return {};
  return fail(ErrorCode::kStoreUnavailable, "the lock file " + sqlite::in_quotes(path_) +
                                                " cannot be written (" +
                                                sqlite::system_error_text(errno) +
                                                "): free some space on its disk and try again");
}

// For those who may use the database.
int open_lock_file(const std::string& path, const std::string& database) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  const int made = ::open(path.c_str(), kFlags | O_EXCL, 0600);
  if (made < 0) return errno == EEXIST ? ::open(path.c_str(), kFlags, 0600) : made;
  struct stat like {};
  if (::stat(database.c_str(), &like) == 0) ::fchmod(made, like.st_mode & 0660);
  sqlite::give_to_owner_of(database, made, path);
  return made;
}

// Waits for a command that migrates the tables, which takes moments, not for a gateway.
bool lock_soon(int file) {
  constexpr int kAttempts = 20;
  constexpr auto kPause = std::chrono::milliseconds(10);
  for (int attempt = 1; ::flock(file, LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (attempt == kAttempts) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

std::string read_process_id(int file) {
  std::array<char, 32> text;
  const ssize_t bytes = ::pread(file, text.data(), text.size(), 0);
  std::string digits;
  for (ssize_t i = 0; i < bytes; ++i) {
    const char c = text.at(static_cast<size_t>(i));
    if (c < '0' || c > '9') break;
    digits += c;
  }
  return digits.empty() ? "unknown" : digits;
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(std::string_view url, OpenMode mode) {
  const Result<std::string> path = path_of(url);
  if (!path) return tl::unexpected<Error>(path.error());
  sqlite::ConnectionOptions options;
  options.create = mode != OpenMode::kExisting;
  options.must_be_new = mode == OpenMode::kNew;
  options.is_own = mode == OpenMode::kServe;
  return sqlite::SqliteStore::open(*path, options);
}

Result<std::vector<KnownName>> find_names(std::string_view url, NameKind kind,
                                          std::string_view beginning, Timestamp now,
                                          size_t count_max) {
  return path_of(url).and_then([&](const std::string& path) {
    return sqlite::find_names(path, kind, beginning, now, count_max);
  });
}

Result<std::unique_ptr<Maintenance>> open_maintenance(std::string_view url) {
  return path_of(url).map([](std::string path) -> std::unique_ptr<Maintenance> {
    return std::make_unique<sqlite::SqliteMaintenance>(linked_path_of(std::move(path)));
  });
}

Result<std::unique_ptr<ServeLock>> acquire_serve_lock(std::string_view url) {
  const Result<std::string> path = path_of(url);
  if (!path) return tl::unexpected<Error>(path.error());
  const std::string real_path = real_path_of(*path);
  const std::string lock_path = real_path + ".lock";
  const int file = open_lock_file(lock_path, real_path);
  if (file < 0) {
    return fail(ErrorCode::kStoreUnavailable,
                "the lock file " + sqlite::in_quotes(lock_path) + " cannot be opened (" +
                    sqlite::system_error_text(errno) + "): make it and its folder writable");
  }
  auto lock = std::make_unique<FileLock>(file, lock_path);
  if (!lock_soon(file)) {
    return fail(ErrorCode::kRefused, "another chatgate (process " + read_process_id(file) +
                                         ") serves the database " + sqlite::in_quotes(*path) +
                                         ": stop it first, name another database, or let "
                                         "this one take its place (`chatgate serve --takeover`)");
  }
  if (auto signed_here = lock->sign(); !signed_here) return tl::unexpected(signed_here.error());
  return lock;
}

Result<std::unique_ptr<ServeLock>> adopt_serve_lock(std::string_view url, int file) {
  const Result<std::string> path = path_of(url);
  if (!path) return tl::unexpected<Error>(path.error());
  const std::string lock_path = real_path_of(*path) + ".lock";
  auto lock = std::make_unique<FileLock>(file, lock_path);
  struct stat given {};
  struct stat named {};
  const bool is_it = ::fstat(file, &given) == 0 && ::stat(lock_path.c_str(), &named) == 0 &&
                     given.st_dev == named.st_dev && given.st_ino == named.st_ino;
  // Of the same open file, so this changes nothing where the giver has it.
  if (is_it && ::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  return fail(ErrorCode::kRefused,
              "the running gateway serves another database than " + sqlite::in_quotes(*path));
}

Result<std::string> control_path_of(std::string_view url) {
  return path_of(url).map([](const std::string& path) { return real_path_of(path) + ".control"; });
}

}  // namespace chatgate
