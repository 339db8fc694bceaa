#include "common/store/sqlite/connection.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "common/store/sqlite/owner.h"
#include "common/store/sqlite/schema.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kBeginWrite = "BEGIN IMMEDIATE";
constexpr const char* kBeginRead = "BEGIN";
constexpr const char* kCommit = "COMMIT";
constexpr const char* kRollBack = "ROLLBACK";
// A read transaction sees the database as of its first read: this one.
constexpr const char* kTakeSnapshot = "PRAGMA user_version";

constexpr auto kRetryPause = std::chrono::milliseconds(5);

tl::unexpected<Error> unusable(const std::string& message) {
  return fail(ErrorCode::kStoreUnavailable, message);
}

tl::unexpected<Error> there_already(const std::string& path) {
  return fail(
      ErrorCode::kAlreadyExists,
      "the database " + in_quotes(path) + " exists already: name another file, or use it as it is");
}

std::string name_of_file(const std::string& path, const std::string& backup) {
  return backup.empty() ? "the database " + in_quotes(path) : "the backup " + in_quotes(backup);
}

// What SQLite alone would report as "unable to open database file", told apart.
Result<void> check_file(const std::string& path, const ConnectionOptions& options) {
  const std::string name = name_of_file(path, options.backup);
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return unusable(name + " is a folder: name a file in it");
    if (!S_ISREG(status.st_mode)) return unusable(name + " is no regular file: name another one");
    if (access(path.c_str(), options.is_immutable ? R_OK : R_OK | W_OK) != 0) {
      return unusable(name +
                      " cannot be read and written by this user: change its permissions, "
                      "or run as its owner");
    }
    // Left by a start that died before it wrote anything.
    if (status.st_size == 0 && !options.create) {
      if (!options.backup.empty()) {
        return fail(ErrorCode::kNotFound, name + " is empty: give another backup");
      }
      return fail(ErrorCode::kNotFound, name +
                                            " is empty: start `chatgate serve` with it first, "
                                            "or name another file");
    }
    if (status.st_size > 0 && options.must_be_new) return there_already(path);
    return {};
  }
  if (errno != ENOENT) {
    return unusable(name + " cannot be reached (" + system_error_text(errno) +
                    "): check the path and its permissions");
  }
  if (!options.backup.empty()) {
    return fail(ErrorCode::kNotFound, name + " does not exist: give another backup");
  }
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return unusable("the folder " + in_quotes(folder.string()) +
                    " of the database does not exist: create it, or name another path");
  }
  if (!options.create) {
    return fail(ErrorCode::kNotFound,
                name + " does not exist: check the path, or let `chatgate serve` create it");
  }
  // For its owner alone: SQLite gives its side files the same permissions.
  const int exclusive = options.must_be_new ? O_EXCL : 0;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | exclusive, 0600);
  if (file < 0 && errno == EEXIST) return there_already(path);
  if (file < 0) {
    return unusable(name + " cannot be created (" + system_error_text(errno) +
                    "): make the folder writable, or name another path");
  }
  give_to_owner_of(path, file, path);
  ::close(file);
  return {};
}

// A path that begins with "file:" would be taken for a URI, and ":memory:" for no file at all.
std::string plain_path(const std::string& path) {
  return path.starts_with("file:") || path.starts_with(":") ? "./" + path : path;
}

// https://sqlite.org/uri.html
std::string immutable_uri(const std::string& path) {
  std::string uri = "file://";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '?' || c == '#' || c == '%') {
      uri += c == '?' ? "%3f" : c == '#' ? "%23" : "%25";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

std::string address_of(const std::string& path, const ConnectionOptions& options) {
  return options.is_immutable ? immutable_uri(path) : plain_path(path);
}

int flags_of(const ConnectionOptions& options) {
  const int access =
      options.is_immutable ? SQLite::OPEN_READONLY | SQLite::OPEN_URI : SQLite::OPEN_READWRITE;
  return access | SQLite::OPEN_NOMUTEX;
}

// Some thousand steps of SQLite's machine take about a millisecond.
constexpr int kStepsBetweenLooks = 20'000;

extern "C" int ask_watch(void* goes_on) {
  return (*static_cast<std::function<bool()>*>(goes_on))() ? 0 : 1;
}

}  // namespace

Watch::Watch(sqlite3* handle, std::function<bool()> goes_on)
    : handle_(handle), goes_on_(std::move(goes_on)) {
  if (goes_on_) sqlite3_progress_handler(handle_, kStepsBetweenLooks, ask_watch, &goes_on_);
}

Watch::~Watch() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }

int64_t pages_read(sqlite3* handle) {
  int count = 0;
  int highest = 0;
  sqlite3_db_status(handle, SQLITE_DBSTATUS_CACHE_MISS, &count, &highest, 0);
  return count;
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kShown = 200;
  std::string shown = "'";
  for (const char c : text.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte < ' ' || byte == 0x7f ? '?' : c;
  }
  if (text.size() > kShown) shown += "...";
  return shown + "'";
}

std::string system_error_text(int error_number) {
  return std::generic_category().message(error_number);
}

Error error_of(const SQLite::Exception& failure, const std::string& path, int64_t busy_timeout_ms) {
  const std::string name = "the database " + in_quotes(path);
  const auto unavailable = [&](const std::string& rest) {
    return Error{ErrorCode::kStoreUnavailable, name + " " + rest};
  };
  switch (failure.getErrorCode() & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return unavailable("was in use by another process for longer than " +
                         std::to_string(busy_timeout_ms / 1000) +
                         " s: try again, or stop that process");
    case SQLITE_INTERRUPT:
      return {ErrorCode::kInterrupted, "stopped: nothing was changed"};
    case SQLITE_FULL:
      return unavailable("cannot grow: free some space on its disk and try again");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return unavailable("cannot be written: make the file and its folder writable for this user");
    case SQLITE_CANTOPEN:
      return unavailable(
          "cannot be opened: check that the file and its folder are readable and "
          "writable for this user");
    case SQLITE_NOTADB:
      return unavailable("is not a chatgate database: name another file");
    case SQLITE_CORRUPT:
      return unavailable("is damaged: restore a backup");
    case SQLITE_IOERR:
      return unavailable("cannot be read or written (" + std::string(failure.what()) +
                         "): check its disk");
    default:
      return {ErrorCode::kInternal, name + " refused an operation: " + failure.what()};
  }
}

namespace {

// A backup's content is to blame on the backup; that its copy has no room is not.
Error error_within(const SQLite::Exception& failure, const std::string& path,
                   const ConnectionOptions& options) {
  const int code = failure.getErrorCode() & 0xff;
  const bool is_content = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  if (options.backup.empty() || !is_content) {
    return error_of(failure, path, options.busy_timeout_ms);
  }
  return {ErrorCode::kStoreUnavailable,
          name_of_file(path, options.backup) +
              (code == SQLITE_CORRUPT ? " is damaged" : " is not a chatgate database") +
              ": give another backup"};
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path,
                                                     const ConnectionOptions& options,
                                                     const ProgressReport& report) {
  if (const Result<void> checked = check_file(path, options); !checked) {
    return tl::unexpected<Error>(checked.error());
  }
  try {
    std::unique_ptr<Connection> connection(new Connection(path, options));
    Result<void> ready;
    connection->retry_while_busy([&] {
      if (options.schema == SchemaUse::kBringUpToDate) {
        ready = prepare_schema(*connection, options.is_own, report);
      }
      if (options.schema == SchemaUse::kAsItIs) ready = inspect_schema(*connection);
    });
    if (!ready) return tl::unexpected<Error>(ready.error());
    connection->configure(options);
    return connection;
  } catch (const SQLite::Exception& failure) {
    return tl::unexpected<Error>(error_within(failure, path, options));
  }
}

Connection::Connection(const std::string& path, const ConnectionOptions& options)
    : path_(path),
      backup_(options.backup),
      busy_timeout_ms_(options.busy_timeout_ms),
      database_(address_of(path, options), flags_of(options),
                static_cast<int>(options.busy_timeout_ms)) {}

void Connection::configure(const ConnectionOptions& options) {
  run_script(
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
      "PRAGMA trusted_schema = OFF;"
      // Leaves no copies behind where rows move, as what was said does; purge.cc does the rest.
      "PRAGMA secure_delete = FAST;"
      "PRAGMA temp_store = MEMORY;"
      // 16 MB of log: hot pages, like today's roll-up, are then copied into the file seldom.
      "PRAGMA wal_autocheckpoint = 4000;"
      // What it grew to beside a long report or a backup goes back to the disk.
      "PRAGMA journal_size_limit = 67108864;"
      "PRAGMA cache_size = -8000;");
  if (options.pages_max > 0) {
    run_script("PRAGMA max_page_count = " + std::to_string(options.pages_max));
  }
}

sqlite3_stmt* Connection::prepared(const char* sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  const int status =
      sqlite3_prepare_v3(handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (status != SQLITE_OK) throw SQLite::Exception(handle(), status);
  return statements_.emplace(sql, PreparedStatement(statement)).first->second.get();
}

std::string Connection::name() const { return name_of_file(path_, backup_); }

Error Connection::error_of(const SQLite::Exception& failure) const {
  return error_within(failure, path_, {.backup = backup_, .busy_timeout_ms = busy_timeout_ms_});
}

void Connection::retry_while_busy(const std::function<void()>& work) const {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms_);
  for (;;) {
    try {
      return work();
    } catch (const SQLite::Exception& failure) {
      if ((failure.getErrorCode() & 0xff) != SQLITE_BUSY) throw;
      if (std::chrono::steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(kRetryPause);
  }
}

void Connection::begin(bool is_write) {
  retry_while_busy([&] {
    if (is_write) {
      query(kBeginWrite).run();
      return;
    }
    query(kBeginRead).run();
    try {
      query(kTakeSnapshot).step();
    } catch (const SQLite::Exception&) {
      roll_back();
      throw;
    }
  });
}

void Connection::commit() {
  // A writer that waits for a checkpoint elsewhere is the only one that can meet a lock here.
  retry_while_busy([&] { query(kCommit).run(); });
}

void Connection::checkpoint() noexcept {
  sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

void Connection::empty_log() noexcept {
  constexpr int kMsMax = 100;
  sqlite3_busy_timeout(handle(), kMsMax);
  sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(handle(), static_cast<int>(busy_timeout_ms_));
}

void Connection::roll_back() noexcept {
  // A full disk makes SQLite roll back by itself. Should this fail, the next BEGIN tells why.
  if (sqlite3_get_autocommit(handle()) == 0) database_.tryExec(kRollBack);
}

}  // namespace chatgate::sqlite
