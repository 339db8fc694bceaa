// One connection to one SQLite file: its settings, its prepared statements, its transactions, and
// the sentence that each of SQLite's failures becomes. Used by the files beside it alone; belongs
// to one thread at a time.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/progress.h"
#include "common/result.h"

namespace chatgate::sqlite {

// What an opening connection does about the tables that it finds.
enum class SchemaUse : uint8_t {
  kBringUpToDate,  // create them, or migrate them while no gateway serves them
  kAsItIs,         // only check that they are chatgate's and not newer than this program
  kAny,            // not even that: for a database that is to be replaced
};

struct ConnectionOptions {
  bool create = false;
  bool must_be_new = false;  // with `create`: kAlreadyExists for a database that is there
  SchemaUse schema = SchemaUse::kBringUpToDate;
  // No other gateway can be at work in the file: this process has its lock, or has made it.
  bool is_own = false;
  // Nobody writes to the file while it is open, and it has no log beside it: it is read as it is,
  // without a lock or a file of SQLite's own.
  bool is_immutable = false;
  // The file that was given as a backup, where the file is this or a copy of it: what is wrong with
  // its content is said of this one.
  std::string backup = {};
  int64_t busy_timeout_ms = 10'000;
  int64_t pages_max = 0;  // 0: as many as the disk holds. Tests fill a database with it.
};

// Text to bind without a copy: it must outlive the statement's run.
struct Borrowed {
  const std::string& text;
};

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using PreparedStatement = std::unique_ptr<sqlite3_stmt, Finalizer>;

// A prepared statement in use, given back to its cache, reset, at the end of its scope. Talks to
// SQLite itself: a report reads a hundred million columns, which leaves no time for a wrapper's.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  Query(Query&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  Query& operator=(Query&&) = delete;
  ~Query() { reset(); }

  // Binds all parameters, in order. Text is copied.
  template <class... Values>
  Query& bind(const Values&... values) {
    int index = 0;
    (check(bind_one(++index, values)), ...);
    return *this;
  }
  // Moves to the next row; false when there is none.
  bool step() {
    const int status = sqlite3_step(statement_);
    if (status == SQLITE_ROW) return true;
    if (status != SQLITE_DONE) check(status);
    return false;
  }
  // Runs a statement that gives no rows and makes it ready for the next run. Returns the rows
  // changed.
  int64_t run() {
    while (step()) {
    }
    const int changed = sqlite3_changes(sqlite3_db_handle(statement_));
    reset();
    return changed;
  }
  void reset() noexcept {
    if (statement_ != nullptr) sqlite3_reset(statement_);
  }

  int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  bool boolean(int column) const { return integer(column) != 0; }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::optional<int64_t> optional_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  std::string text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return {bytes, bytes == nullptr ? 0 : size_of(column)};
  }
  // A blob of exactly this size; anything else leaves `blob` as it is.
  template <size_t kBytes>
  void copy_blob(int column, std::array<uint8_t, kBytes>& blob) const {
    const void* bytes = sqlite3_column_blob(statement_, column);
    if (bytes != nullptr && size_of(column) == kBytes) std::memcpy(blob.data(), bytes, kBytes);
  }

 private:
  size_t size_of(int column) const {
    return static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  }
  void check(int status) const {
    if (status != SQLITE_OK) throw SQLite::Exception(sqlite3_db_handle(statement_), status);
  }
  int bind_one(int index, int64_t value) { return sqlite3_bind_int64(statement_, index, value); }
  int bind_one(int index, int value) { return sqlite3_bind_int(statement_, index, value); }
  int bind_one(int index, bool value) { return bind_one(index, value ? 1 : 0); }
  int bind_one(int index, std::string_view text) { return bind_text(index, text, true); }
  int bind_one(int index, const std::string& text) { return bind_text(index, text, true); }
  int bind_one(int index, const char* text) { return bind_text(index, text, true); }
  int bind_one(int index, Borrowed borrowed) { return bind_text(index, borrowed.text, false); }
  int bind_one(int index, std::nullptr_t) { return sqlite3_bind_null(statement_, index); }
  template <size_t kBytes>
  int bind_one(int index, const std::array<uint8_t, kBytes>& blob) {
    return sqlite3_bind_blob64(statement_, index, blob.data(), blob.size(), SQLITE_TRANSIENT);
  }
  template <class T>
  int bind_one(int index, const std::optional<T>& value) {
    return value ? bind_one(index, *value) : bind_one(index, nullptr);
  }
  int bind_text(int index, std::string_view text, bool is_copied) {
    // An empty text without an address would become NULL.
    return sqlite3_bind_text64(statement_, index, text.empty() ? "" : text.data(), text.size(),
                               is_copied ? SQLITE_TRANSIENT : SQLITE_STATIC, SQLITE_UTF8);
  }

  sqlite3_stmt* statement_;
};

// While it lives, statements of a connection ask `goes_on` now and then, also in the middle of
// their work, and fail with SQLITE_INTERRUPT when it says no. `goes_on` may be empty.
class Watch {
 public:
  Watch(sqlite3* handle, std::function<bool()> goes_on);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  sqlite3* handle_;
  std::function<bool()> goes_on_;
};

// How many pages a connection has read so far, from the file or its log, beyond what it remembered.
int64_t pages_read(sqlite3* handle);
// `done` of at most `total` to whoever waits. True when nobody does.
inline bool tell(const ProgressReport& report, int64_t done, int64_t total) {
  return !report || report(std::min(done, total), total);
}

class Connection {
 public:
  // kNotFound without a file and `create`; kStoreUnavailable for a file that cannot be used;
  // kRefused for an older version's that a gateway serves.
  // `report` is that of a migration, should there be one.
  static Result<std::unique_ptr<Connection>> open(const std::string& path,
                                                  const ConnectionOptions& options,
                                                  const ProgressReport& report = {});

  // `sql` must be a constant: the prepared statement is kept by its address.
  template <class... Values>
  Query query(const char* sql, const Values&... values) {
    Query query(prepared(sql));
    query.bind(values...);
    return query;
  }
  int64_t single_integer(const char* sql) {
    Query row = query(sql);
    row.step();
    return row.integer(0);
  }
  // Several statements without parameters, prepared anew.
  void run_script(const std::string& sql) { database_.exec(sql); }
  int64_t last_insert_id() const { return database_.getLastInsertRowid(); }
  const std::string& path() const { return path_; }
  // "the database 'chatgate.db'", in messages about its content.
  std::string name() const;
  sqlite3* handle() const { return database_.getHandle(); }
  // Copies the log into the file as far as nobody else reads or copies it. Failing does no harm.
  void checkpoint() noexcept;
  // Tries for a moment, as far as nobody else is in the way, to leave nothing in the log: what was
  // deleted still stands in its older pages. Holds writers up for a tenth of a second at most.
  void empty_log() noexcept;
  // Ends the open transaction, if there is one.
  void roll_back() noexcept;

  // Runs `work` in one transaction, committed when it returns a value, else rolled back. Waits for
  // other connections' locks up to the busy timeout. `work` may run only once.
  template <class Work>
  auto write(Work&& work) -> decltype(work()) {
    return guard([&] { return in_transaction(true, work); });
  }
  template <class Work>
  auto read(Work&& work) -> decltype(work()) {
    return guard([&] { return in_transaction(false, work); });
  }
  // Turns what SQLite throws within `work` into an Error.
  template <class Work>
  auto guard(Work&& work) -> decltype(work());

  // The database's file could not be used: one sentence with the file's name and what to do.
  Error error_of(const SQLite::Exception& failure) const;

 private:
  Connection(const std::string& path, const ConnectionOptions& options);

  void configure(const ConnectionOptions& options);
  sqlite3_stmt* prepared(const char* sql);
  void begin(bool is_write);
  void commit();
  // Repeats `work` while SQLite reports a lock at once, without waiting for it by itself.
  void retry_while_busy(const std::function<void()>& work) const;

  template <class Work>
  auto in_transaction(bool is_write, Work& work) -> decltype(work());

  std::string path_;
  std::string backup_;
  int64_t busy_timeout_ms_;
  SQLite::Database database_;
  std::unordered_map<const char*, PreparedStatement> statements_;
};

Error error_of(const SQLite::Exception& failure, const std::string& path, int64_t busy_timeout_ms);
// For text that came from a person: printable, in quotes, short.
std::string in_quotes(std::string_view text);
// What an errno means, from any thread.
std::string system_error_text(int error_number);

template <class Work>
auto Connection::in_transaction(bool is_write, Work& work) -> decltype(work()) {
  begin(is_write);
  struct RollBack {
    Connection* connection;
    ~RollBack() {
      if (connection != nullptr) connection->roll_back();
    }
  } roll_back_unless_done{this};
  auto result = work();
  if (result) {
    commit();
    roll_back_unless_done.connection = nullptr;
  }
  return result;
}

template <class Work>
auto Connection::guard(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& failure) {
    return tl::unexpected<Error>(error_of(failure));
  }
}

}  // namespace chatgate::sqlite
