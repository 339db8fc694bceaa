#include "common/store/open_store.h"

#include <SQLiteCpp/Database.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <future>

#include "common/store/known_names.h"
#include "common/store/sqlite/sqlite_store.h"
#include "tests/contract/databases.h"
#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

Error error_of(const std::string& url, OpenMode mode = OpenMode::kCreate) {
  const auto store = open_store(url, mode);
  REQUIRE_FALSE(store.has_value());
  INFO(store.error().message);
  CHECK(store.error().message.find('\n') == std::string::npos);
  return store.error();
}

bool says(const Error& error, const std::string& words) {
  INFO(error.message);
  CHECK(error.message.find(words) != std::string::npos);
  return true;
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

TEST_CASE("a database is named by its path, with or without sqlite:") {
  const TempDir folder;
  must(open_store("sqlite:" + folder.file("a.db"), OpenMode::kCreate));
  must(open_store(folder.file("a.db"), OpenMode::kExisting));
  must(open_store("sqlite://" + folder.file("a.db"), OpenMode::kExisting));
  // Its owner alone may read it.
  const auto permissions = std::filesystem::status(folder.file("a.db")).permissions();
  CHECK((permissions & std::filesystem::perms(0077)) == std::filesystem::perms::none);
}

TEST_CASE("other kinds of databases are named in the refusal, their passwords not") {
  for (const char* url :
       {"postgres://u:secret@host/db", "mysql://u:secret@host/db", "redis://secret"}) {
    const Error error = error_of(url);
    CHECK(error.code == ErrorCode::kInvalidArgument);
    CHECK(says(error, "not supported by this version"));
    CHECK(error.message.find("secret") == std::string::npos);
  }
  for (const std::string& url :
       {std::string(), std::string("sqlite:"), std::string(":memory:"), std::string("a\0b", 3)}) {
    CHECK(error_of(url).code == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("names are offered only where that makes no file") {
  const TempDir folder;
  const std::string path = folder.file("a.db");
  const auto count = [&] {
    return must(find_names(path, NameKind::kUser, "", Timestamp{0}, 9)).size();
  };
  const auto has = [&](const char* suffix) { return std::filesystem::exists(path + suffix); };
  {
    const auto store = must(open_store(path, OpenMode::kNew));
    add_user(*store, "ann", 1);
    REQUIRE((has("-wal") && has("-shm")));
    CHECK(count() == 1);
  }
  REQUIRE_FALSE((has("-wal") || has("-shm")));
  CHECK(count() == 1);
  write_file(path + "-wal", "");
  CHECK(count() == 0);
  CHECK_FALSE(has("-shm"));
  std::filesystem::rename(path + "-wal", path + "-shm");
  CHECK(count() == 0);
  CHECK_FALSE(has("-wal"));
}

TEST_CASE("a missing database is created only when asked to") {
  const TempDir folder;
  CHECK(error_of(folder.file("none.db"), OpenMode::kExisting).code == ErrorCode::kNotFound);
  CHECK_FALSE(std::filesystem::exists(folder.file("none.db")));
  write_file(folder.file("empty.db"), "");
  CHECK(error_of(folder.file("empty.db"), OpenMode::kExisting).code == ErrorCode::kNotFound);
  must(open_store(folder.file("empty.db"), OpenMode::kCreate));
  must(open_store(folder.file("empty.db"), OpenMode::kExisting));
}

TEST_CASE("what is no database is left alone and told") {
  const TempDir folder;
  write_file(folder.file("garbage"), std::string(5'000, 'x'));
  CHECK(says(error_of(folder.file("garbage")), "not a chatgate database"));
  write_file(folder.file("short"), "hello");
  CHECK(says(error_of(folder.file("short")), "not a chatgate database"));
  CHECK(says(error_of(folder.path().string()), "is a folder"));
  CHECK(says(error_of(folder.file("missing/a.db")), "create it"));
  CHECK(says(error_of("/dev/null"), "no regular file"));
  CHECK(error_of(folder.file("garbage")).code == ErrorCode::kStoreUnavailable);
  CHECK(std::filesystem::file_size(folder.file("garbage")) == 5'000);
}

TEST_CASE("another program's database is left alone") {
  const TempDir folder;
  {
    SQLite::Database other(folder.file("other.db"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE notes (text)");
  }
  CHECK(says(error_of(folder.file("other.db")), "another program"));
  SQLite::Database other(folder.file("other.db"), SQLite::OPEN_READONLY);
  CHECK(other.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 1);
  CHECK(other.execAndGet("PRAGMA journal_mode").getString() == "delete");
}

TEST_CASE("a newer chatgate's database is refused") {
  const TempStore store;
  {
    SQLite::Database newer(store.path(), SQLite::OPEN_READWRITE);
    newer.exec("PRAGMA user_version = 99");
  }
  const Error error = error_of(store.path());
  CHECK(error.code == ErrorCode::kStoreUnavailable);
  CHECK(says(error, "update chatgate"));
}

TEST_CASE("a damaged database is told, not crashed on") {
  const TempDir folder;
  const std::string path = folder.file("a.db");
  {
    const auto store = must(open_store(path, OpenMode::kCreate));
    for (int i = 0; i < 200; ++i) add_user(*store, "user-" + std::to_string(i), 5);
  }
  // The header stays, everything behind it is noise.
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(2 * 4096);
  file << std::string(20 * 4096, '\xa5');
  file.close();
  const auto store = open_store(path, OpenMode::kExisting);
  if (!store) return;  // refused at once: as good
  CHECK_FALSE((*store)->list_users().has_value());
  const auto faults = (*store)->verify_books({});
  CHECK((!faults || !faults->empty()));
}

TEST_CASE("one gateway serves a database at a time") {
  const TempDir folder;
  const std::string path = folder.file("a.db");
  std::unique_ptr<ServeLock> lock = must(acquire_serve_lock(path));
  std::filesystem::create_symlink(path, folder.file("link.db"));
  for (const std::string& url : {path, "sqlite:" + path}) {
    const auto second = acquire_serve_lock(url);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == ErrorCode::kRefused);
    CHECK(says(second.error(), std::to_string(getpid())));
  }
  write_file(path, "");
  CHECK_FALSE(acquire_serve_lock(folder.file("link.db")).has_value());
  must(acquire_serve_lock(folder.file("other.db")));
  lock.reset();
  must(acquire_serve_lock(path));
}

TEST_CASE("a dead gateway's lock is free") {
  const TempDir folder;
  const std::string path = folder.file("a.db");
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto lock = acquire_serve_lock(path);
    kill(getpid(), SIGKILL);
  }
  REQUIRE(waitpid(child, nullptr, 0) == child);
  must(acquire_serve_lock(path));
}

// --- waiting for others
// ---------------------------------------------------------------------------

// Another process that holds the write lock until its pipe is closed.
class LockHolder {
 public:
  explicit LockHolder(const std::string& path) {
    int go[2];
    int ready[2];
    REQUIRE(pipe(go) == 0);
    REQUIRE(pipe(ready) == 0);
    child_ = fork();
    REQUIRE(child_ >= 0);
    char byte = 0;
    if (child_ == 0) {
      close(go[1]);
      SQLite::Database database(path, SQLite::OPEN_READWRITE);
      database.exec("BEGIN IMMEDIATE");
      if (write(ready[1], &byte, 1) != 1) _exit(1);
      if (read(go[0], &byte, 1) != 0) _exit(1);
      database.exec("ROLLBACK");
      _exit(0);
    }
    close(go[0]);
    close(ready[1]);
    REQUIRE(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    go_ = go[1];
  }
  ~LockHolder() {
    release();
    waitpid(child_, nullptr, 0);
  }
  void release() {
    if (go_ >= 0) close(go_);
    go_ = -1;
  }

 private:
  pid_t child_ = -1;
  int go_ = -1;
};

TEST_CASE("a write waits for another process's lock") {
  const TempStore store;
  LockHolder holder(store.path());
  auto added = std::async(std::launch::async, [&] {
    User user;
    user.name = "ann";
    return store->add_user(user, {5});
  });
  CHECK(added.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout);
  CHECK(must(must(open_store(store.path(), OpenMode::kExisting))->list_users()).empty());
  holder.release();
  CHECK(added.get().has_value());
}

TEST_CASE("a lock held for longer than the timeout is told in a sentence") {
  const TempStore store;
  sqlite::ConnectionOptions options;
  options.busy_timeout_ms = 30;
  const auto impatient = must(sqlite::SqliteStore::open(store.path(), options));
  const LockHolder holder(store.path());
  User user;
  user.name = "ann";
  const auto added = impatient->add_user(user, {});
  REQUIRE_FALSE(added.has_value());
  CHECK(added.error().code == ErrorCode::kStoreUnavailable);
  CHECK(says(added.error(), "in use by another process"));
}

// --- no room
// ----------------------------------------------------------------------------------------

TEST_CASE("a database that cannot grow loses nothing and takes the batch again later") {
  const TempStore roomy;
  const User user = add_user(*roomy, "ann", int64_t{1} << 40);
  const ApiToken token = add_token(*roomy, user);
  const Price price = add_simple_price(*roomy);
  sqlite::ConnectionOptions options;
  options.pages_max = 60;
  const auto full = must(sqlite::SqliteStore::open(roomy.path(), options));
  BookBatch batch;
  int64_t committed = 0;
  for (int64_t i = 0;; ++i) {
    REQUIRE(i < 1'000);
    batch = {};
    for (int64_t row = 0; row < 50; ++row) {
      batch.settled.push_back(settlement(request_id(kNoonMs + i, row), token, price, 1, 1));
    }
    const auto result = full->commit(batch);
    if (!result) {
      CHECK(result.error().code == ErrorCode::kStoreUnavailable);
      CHECK(says(result.error(), "free some space"));
      break;
    }
    committed += 50;
  }
  REQUIRE(committed > 0);
  CHECK(must(full->find_user("ann")).balance == Money{(int64_t{1} << 40) - committed * 3});
  CHECK(faults_of(*full).empty());
  must(roomy->commit(batch));
  CHECK(must(roomy->find_user("ann")).balance == Money{(int64_t{1} << 40) - (committed + 50) * 3});
  CHECK(faults_of(*roomy).empty());
}

// In a process of its own, since the limit cannot be taken back.
int fill_under_file_limit(const std::string& path, const ApiToken& token, const Price& price) {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{400'000, 400'000};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
  const auto store = open_store(path, OpenMode::kExisting);
  if (!store) return 2;
  for (int64_t i = 0; i < 2'000; ++i) {
    const auto result =
        (*store)->commit({{}, {settlement(request_id(kNoonMs + i, 0), token, price, 1, 1)}});
    if (!result) return result.error().code == ErrorCode::kStoreUnavailable ? 0 : 3;
  }
  return 4;
}

TEST_CASE("a file that may not grow further is told and stays whole") {
  TempStore store;
  const ApiToken token = add_token(*store, add_user(*store, "ann", 1'000'000));
  const Price price = add_simple_price(*store);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(fill_under_file_limit(store.path(), token, price));
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  store.reopen();
  CHECK(faults_of(*store).empty());
}

}  // namespace
}  // namespace chatgate
