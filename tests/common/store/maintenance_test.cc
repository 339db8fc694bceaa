// Backups, restores and rebuilding of a database file, and what is found out about a damaged one.

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <fstream>
#include <set>

#include "tests/contract/databases.h"
#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

// A database with some rows, and one more user that tells it from others.
std::string make_books(const TempDir& folder, const std::string& name, const std::string& user) {
  const std::string path = folder.file(name);
  const auto store = must(open_store(path, OpenMode::kNew));
  const ApiToken token = add_token(*store, add_user(*store, "ann", int64_t{1} << 40));
  const Price price = add_simple_price(*store);
  BookBatch batch;
  for (int64_t row = 1; row <= 2'000; ++row) {
    batch.settled.push_back(settlement(request_id(kNoonMs + row, 0), token, price, row, 1));
  }
  must(store->commit(batch));
  add_user(*store, user, 5);
  return path;
}

bool has_user(const std::string& path, const std::string& name) {
  const auto store = must(open_store(path, OpenMode::kExisting));
  REQUIRE(faults_of(*store).empty());
  return store->find_user(name).has_value();
}

std::set<std::string> files_of(const TempDir& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Maintenance> keeper_of(const std::string& path) {
  return must(open_maintenance(path));
}

Error restore_error(const std::string& path, const std::string& file, bool keeps_old = true) {
  auto pending = keeper_of(path)->begin_restore(file);
  if (!pending) return pending.error();
  const auto done = (*pending)->run(keeps_old, {});
  REQUIRE_FALSE(done.has_value());
  return done.error();
}

bool never(int64_t, int64_t) { return false; }

TEST_CASE("a backup is the database at one moment, for its owner alone") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "mark");
  const auto busy = must(open_store(path, OpenMode::kExisting));
  add_user(*busy, "late", 1);  // in the log, not yet in the file
  const std::string copy = folder.file("copy #1?%.db");
  const DatabaseFacts facts = must(keeper_of(path)->back_up(copy, false, {}));
  CHECK(facts.path == copy);
  CHECK(facts.bytes() == static_cast<int64_t>(std::filesystem::file_size(copy)));
  struct stat status {};
  REQUIRE(::stat(copy.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK_FALSE(std::filesystem::exists(copy + ".partial"));
  CHECK_FALSE(std::filesystem::exists(copy + "-wal"));
  CHECK(has_user(copy, "late"));
}

TEST_CASE("a backup goes on to its end while others write") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "mark");
  const auto writer = must(open_store(path, OpenMode::kExisting));
  int64_t users = 0;
  const auto copied =
      keeper_of(path)->back_up(folder.file("copy.db"), false, [&](int64_t, int64_t) {
        add_user(*writer, "user" + std::to_string(++users), 1);
        return users < 1000;
      });
  must(copied);
  CHECK(users > 0);
  CHECK(has_user(folder.file("copy.db"), "mark"));
  CHECK_FALSE(has_user(folder.file("copy.db"), "user1"));
}

TEST_CASE("a backup never harms what is there") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "mark");
  const std::string copy = folder.file("copy.db");
  std::ofstream(copy) << "precious";
  const auto keeper = keeper_of(path);
  const auto code = [&](const std::string& file, bool overwrites) {
    const auto refused = keeper->back_up(file, overwrites, {});
    REQUIRE_FALSE(refused.has_value());
    return refused.error().code;
  };
  CHECK(code(copy, false) == ErrorCode::kAlreadyExists);
  CHECK(keeper->back_up(copy, true, never).error().code == ErrorCode::kInterrupted);
  CHECK(content_of(copy) == "precious");
  for (const char* own : {"", "-wal", "-shm", ".lock"}) {
    CHECK(code(path + own, true) == ErrorCode::kRefused);
  }
  std::filesystem::create_symlink(path, folder.file("link.db"));
  CHECK(code(folder.file("link.db"), true) == ErrorCode::kRefused);
  CHECK(code("-", false) == ErrorCode::kInvalidArgument);
  CHECK(code(folder.path().string(), true) == ErrorCode::kInvalidArgument);
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK(code(folder.file("pipe"), true) == ErrorCode::kInvalidArgument);
  CHECK(code(folder.file("none/copy.db"), false) == ErrorCode::kStoreUnavailable);
  must(keeper->back_up(copy, true, {}));
  CHECK(has_user(copy, "mark"));
  CHECK(files_of(folder) == std::set<std::string>{"a.db", "copy.db", "link.db", "pipe"});
}

TEST_CASE("a restore replaces all that is there and keeps it beside") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "old");
  const std::string backup = make_books(folder, "b.db", "new");
  const auto reader = must(open_store(path, OpenMode::kExisting));
  auto pending = must(keeper_of(path)->begin_restore(backup));
  CHECK(pending->backup().schema_version > 1);
  CHECK_FALSE(acquire_serve_lock(path).has_value());  // no gateway can start meanwhile
  const std::string kept = must(pending->run(true, {}));
  pending.reset();
  CHECK(kept == path + ".before-restore");
  CHECK(has_user(kept, "old"));
  CHECK(has_user(path, "new"));
  CHECK_FALSE(has_user(path, "old"));
  // A process that had the database open works on with the new content.
  CHECK(reader->find_user("new").has_value());
  add_user(*reader, "later", 1);
  CHECK(has_user(path, "later"));
  // Undone: what is replaced now gets the next free name.
  const std::string second = must(must(keeper_of(path)->begin_restore(kept))->run(true, {}));
  CHECK(second == kept + ".2");
  CHECK(has_user(second, "later"));
  CHECK(has_user(path, "old"));
  CHECK(must(must(keeper_of(path)->begin_restore(second))->run(true, {})) == kept + ".3");
  for (const std::string& name : files_of(folder)) {
    INFO(name);
    CHECK(
        (name.find("partial") == std::string::npos && name.find("restoring") == std::string::npos));
  }
}

TEST_CASE("a restore that is stopped or refused changes nothing") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "old");
  const std::string backup = make_books(folder, "b.db", "new");
  // Stopped at each moment at which it could be.
  for (int64_t stop_at = 1, asked = 0; asked >= stop_at - 1 && stop_at < 200; ++stop_at) {
    asked = 0;
    const auto done =
        must(keeper_of(path)->begin_restore(backup))->run(true, [&](int64_t, int64_t) {
          return ++asked < stop_at;
        });
    if (done) break;
    CHECK(done.error().code == ErrorCode::kInterrupted);
    REQUIRE(has_user(path, "old"));
    REQUIRE_FALSE(std::filesystem::exists(path + ".before-restore"));
  }
  REQUIRE(has_user(path, "new"));
  std::filesystem::remove(path + ".before-restore");

  CHECK(restore_error(path, folder.file("none.db")).code == ErrorCode::kNotFound);
  CHECK(restore_error(path, path).code == ErrorCode::kRefused);
  std::ofstream(folder.file("text")) << std::string(5000, 'x');
  CHECK(restore_error(path, folder.file("text")).code == ErrorCode::kStoreUnavailable);
  const auto tamper = [&](const std::string& sql) {
    std::filesystem::copy(backup, folder.file("bad.db"),
                          std::filesystem::copy_options::overwrite_existing);
    SQLite::Database(folder.file("bad.db"), SQLite::OPEN_READWRITE).exec(sql);
    return restore_error(path, folder.file("bad.db")).code;
  };
  CHECK(tamper("PRAGMA user_version = 999") == ErrorCode::kStoreUnavailable);
  CHECK(tamper("PRAGMA application_id = 1") == ErrorCode::kStoreUnavailable);
  CHECK(tamper("UPDATE users SET balance = 1") == ErrorCode::kRefused);
  {
    const auto served = must(acquire_serve_lock(path));
    CHECK(restore_error(path, backup).code == ErrorCode::kRefused);
    const auto vacuumed = keeper_of(path)->vacuum({});
    REQUIRE_FALSE(vacuumed.has_value());
    CHECK(vacuumed.error().code == ErrorCode::kRefused);
  }
  CHECK(has_user(path, "new"));
  SQLite::Database foreign(folder.file("foreign.db"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  foreign.exec("CREATE TABLE theirs (id INTEGER)");
  CHECK(restore_error(folder.file("foreign.db"), backup).code == ErrorCode::kStoreUnavailable);
}

Error backup_error(const std::string& path, const std::string& file, bool overwrites = false) {
  const auto copied = keeper_of(path)->back_up(file, overwrites, {});
  REQUIRE_FALSE(copied.has_value());
  return copied.error();
}

TEST_CASE("what is read is never taken for a file in the making") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "old");
  const std::string backup = folder.file("a.db.restoring");
  std::filesystem::copy(make_books(folder, "b.db", "new"), backup);
  const std::string busy = folder.file("copy.db.partial");
  std::filesystem::copy(path, busy);
  // Not even when it looks like one that was left.
  const mode_t mode = GENERATE(0600, S_ISVTX | 0600);
  REQUIRE(::chmod(backup.c_str(), mode) == 0);
  REQUIRE(::chmod(busy.c_str(), mode) == 0);
  CHECK(restore_error(path, backup).code == ErrorCode::kRefused);
  CHECK(backup_error(busy, folder.file("copy.db")).code == ErrorCode::kRefused);
  CHECK(has_user(backup, "new"));
  CHECK(has_user(busy, "old"));
  CHECK(has_user(path, "old"));
}

TEST_CASE("somebody else's file is never taken for one in the making") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "old");
  const std::string copy = folder.file("copy.db");
  const std::string suffix = GENERATE(".partial", ".partial-wal", ".partial-shm");
  const std::string theirs = copy + suffix;
  SECTION("a file") { std::ofstream(theirs) << "precious"; }
  SECTION("a link") {
    std::ofstream(folder.file("theirs")) << "precious";
    std::filesystem::create_symlink(folder.file("theirs"), theirs);
  }
  SECTION("one of two names") {
    std::ofstream(folder.file("theirs")) << "precious";
    REQUIRE(::chmod(folder.file("theirs").c_str(), S_ISVTX | 0600) == 0);
    std::filesystem::create_hard_link(folder.file("theirs"), theirs);
  }
  const auto before = files_of(folder);
  const Error error = backup_error(path, copy, true);
  CHECK(error.code == ErrorCode::kRefused);
  CHECK(error.message.find("'" + theirs + "' is in the way") != std::string::npos);
  CHECK(content_of(theirs) == "precious");
  CHECK(files_of(folder) == before);
}

TEST_CASE("what a killed backup has left is taken over") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "old");
  const std::string copy = folder.file("copy.db");
  std::ofstream(copy + ".partial") << "half of a copy";
  std::ofstream(copy + ".partial-wal") << "and of its log";
  REQUIRE(::chmod((copy + ".partial").c_str(), S_ISVTX | 0600) == 0);
  must(keeper_of(path)->back_up(copy, false, {}));
  CHECK(has_user(copy, "old"));
  CHECK(files_of(folder) == std::set<std::string>{"a.db", "copy.db"});
}

TEST_CASE("a restore through a link acts beside the file itself") {
  const TempDir folder;
  const std::string backup = make_books(folder, "b.db", "new");
  std::filesystem::create_directory(folder.file("data"));
  const std::string path = folder.file("data/a.db");
  const std::string link = folder.file("link.db");
  std::filesystem::create_symlink("data/a.db", link);
  SECTION("to a database") {
    make_books(folder, "data/a.db", "old");
    CHECK(must(must(keeper_of(link)->begin_restore(backup))->run(true, {})) ==
          path + ".before-restore");
    CHECK(has_user(path + ".before-restore", "old"));
  }
  SECTION("to a file that cannot be opened") {
    std::ofstream(path) << std::string(100'000, 'x');
    std::ofstream(path + "-wal") << "rest";
    must(must(keeper_of(link)->begin_restore(backup))->run(true, {}));
    CHECK(content_of(path + ".before-restore") == std::string(100'000, 'x'));
  }
  SECTION("to nothing yet") { must(must(keeper_of(link)->begin_restore(backup))->run(true, {})); }
  CHECK(std::filesystem::is_symlink(link));
  CHECK(has_user(path, "new"));
  CHECK(files_of(folder) == std::set<std::string>{"b.db", "data", "link.db"});
}

TEST_CASE("what root makes belongs to the owner of its folder or of the old file") {
  if (::geteuid() != 0) SKIP("only root gives files away");
  constexpr uid_t kGateway = 12345;
  const TempDir folder;
  const std::string backup = make_books(folder, "b.db", "new");
  REQUIRE(::chown(folder.path().c_str(), kGateway, kGateway) == 0);
  const auto owner_of = [&](const std::string& name) {
    struct stat status {};
    REQUIRE(::stat(folder.file(name).c_str(), &status) == 0);
    return status.st_uid;
  };
  const std::string path = make_books(folder, "a.db", "old");
  CHECK(owner_of("a.db") == kGateway);
  REQUIRE(::chown(path.c_str(), kGateway + 1, kGateway) == 0);
  must(must(keeper_of(path)->begin_restore(backup))->run(true, {}));
  CHECK(owner_of("a.db") == kGateway + 1);
  CHECK(owner_of("a.db.lock") == kGateway + 1);
  CHECK(owner_of("a.db.before-restore") == kGateway + 1);
  must(must(keeper_of(folder.file("c.db"))->begin_restore(backup))->run(true, {}));
  CHECK(owner_of("c.db") == kGateway);
}

TEST_CASE("what is written during a restore is not lost") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "old");
  const std::string backup = make_books(folder, "b.db", "new");
  const auto writer = must(open_store(path, OpenMode::kExisting));
  bool is_written = false;
  const auto done = must(keeper_of(path)->begin_restore(backup))->run(true, [&](int64_t, int64_t) {
    const bool is_kept_now = std::filesystem::exists(path + ".before-restore.partial");
    if (is_kept_now && !std::exchange(is_written, true)) add_user(*writer, "late", 1);
    return true;
  });
  REQUIRE(is_written);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == ErrorCode::kRefused);
  CHECK(has_user(path, "late"));
  CHECK_FALSE(std::filesystem::exists(path + ".before-restore"));
}

// Makes the first page of a table or an index unreadable.
void overwrite_root_of(const std::string& name, const std::string& path) {
  constexpr int kPageBytes = 4096;
  constexpr int kHeaderBytes = 100;  // of the file, in the list of tables' first page
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  SQLite::Statement root(database,
                         "SELECT coalesce((SELECT rootpage FROM sqlite_schema WHERE name = ?), 1)");
  root.bind(1, name);
  root.executeStep();
  const int page = root.getColumn(0).getInt() - 1;
  const int skipped = page == 0 ? kHeaderBytes : 0;
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(page * kPageBytes + skipped);
  file << std::string(static_cast<size_t>(kPageBytes - skipped), 'x');
}

TEST_CASE("a restore takes the place of nothing and of a file that cannot be opened") {
  const TempDir folder;
  const std::string backup = make_books(folder, "b.db", "new");
  const std::string path = folder.file("a.db");
  SECTION("nothing, but the log of a database that was removed") {
    {
      SQLite::Database gone(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      gone.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (id); INSERT INTO t VALUES (1)");
      std::filesystem::copy(path + "-wal", folder.file("log"));
    }
    std::filesystem::remove(path);
    std::filesystem::rename(folder.file("log"), path + "-wal");
    CHECK(must(must(keeper_of(path)->begin_restore(backup))->run(true, {})).empty());
  }
  SECTION("an empty file") {
    std::ofstream(path).flush();
    CHECK(must(must(keeper_of(path)->begin_restore(backup))->run(true, {})).empty());
  }
  SECTION("no database any more") {
    std::ofstream(path) << std::string(100'000, 'x');
    std::ofstream(path + "-wal") << "rest";
    const std::string kept = must(must(keeper_of(path)->begin_restore(backup))->run(true, {}));
    CHECK(content_of(kept) == std::string(100'000, 'x'));
  }
  SECTION("no database any more, and not kept") {
    std::ofstream(path) << std::string(100'000, 'x');
    CHECK(must(must(keeper_of(path)->begin_restore(backup))->run(false, {})).empty());
  }
  SECTION("a database with a damaged page") {
    make_books(folder, "a.db", "old");
    overwrite_root_of("prices_by_revision", path);
    CHECK_FALSE(must(keeper_of(path)->check({})).empty());
    must(must(keeper_of(path)->begin_restore(backup))->run(true, {}));
  }
  SECTION("a database whose list of tables is damaged") {
    make_books(folder, "a.db", "old");
    overwrite_root_of("sqlite_schema", path);
    must(must(keeper_of(path)->begin_restore(backup))->run(true, {}));
  }
  CHECK(has_user(path, "new"));
  CHECK(in_words(must(keeper_of(path)->check({}))).empty());
}

TEST_CASE("a backup of an older version is brought up to date by its restore") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "old");
  std::filesystem::copy(path, folder.file("b.db"));
  SQLite::Database(folder.file("b.db"), SQLite::OPEN_READWRITE)
      .exec(
          "PRAGMA user_version = 1; DROP TRIGGER usage_lasts; DROP TABLE usage_kept;"
          "CREATE TRIGGER usage_lasts BEFORE DELETE ON usage BEGIN SELECT 1; END;"
          "ALTER TABLE users DROP COLUMN requests_per_minute;"
          "ALTER TABLE users DROP COLUMN tokens_per_minute;"
          "ALTER TABLE users DROP COLUMN parallel_requests;"
          "ALTER TABLE users DROP COLUMN model_settings;"
          "DROP TABLE messages; DROP TABLE conversations;"
          "ALTER TABLE users DROP COLUMN archived_at; ALTER TABLE users DROP COLUMN password_hash;"
          "ALTER TABLE users DROP COLUMN budget_period; ALTER TABLE users DROP COLUMN budget;");
  const auto content = content_of(folder.file("b.db"));
  must(must(keeper_of(path)->begin_restore(folder.file("b.db")))->run(true, {}));
  CHECK(has_user(path, "old"));
  CHECK(in_words(must(keeper_of(path)->check({}))).empty());
  CHECK(content_of(folder.file("b.db")) == content);
}

TEST_CASE("rebuilding gives free pages back") {
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "mark");
  must(must(open_store(path, OpenMode::kExisting))
           ->prune_usage({kNoonMs + int64_t{2} * 86'400'000}, {}));
  const auto keeper = keeper_of(path);
  CHECK(must(keeper->facts()).free_pages > 10);
  CHECK(keeper->vacuum(never).error().code == ErrorCode::kInterrupted);
  const SpaceChange change = must(keeper->vacuum({}));
  CHECK(change.bytes_after < change.bytes_before);
  const DatabaseFacts facts = must(keeper->facts());
  CHECK(facts.free_pages == 0);
  CHECK(facts.bytes() == change.bytes_after);
  CHECK(static_cast<int64_t>(std::filesystem::file_size(path)) == change.bytes_after);
  CHECK(has_user(path, "mark"));
  CHECK(in_words(must(keeper->check({}))).empty());
  CHECK_FALSE(std::filesystem::exists(path + ".vacuuming"));
}

TEST_CASE("a check finds tables that are not as they should be") {
  const auto [sql, found] = GENERATE(table<const char*, const char*>({
      {"DROP INDEX tokens_by_user", "index tokens_by_user is missing"},
      {"DROP TRIGGER usage_stays", "trigger usage_stays is missing"},
      {"CREATE TABLE notes (id INTEGER)", "table notes is none of chatgate's"},
      {"ALTER TABLE users ADD COLUMN email TEXT", "table users is not as chatgate makes it"},
      {"PRAGMA foreign_keys = OFF; UPDATE tokens SET user_id = 77", "every reference"},
  }));
  const TempDir folder;
  const std::string path = make_books(folder, "a.db", "mark");
  CHECK(in_words(must(keeper_of(path)->check({}))).empty());
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec(sql);
  const std::string faults = in_words(must(keeper_of(path)->check({})));
  INFO(faults);
  CHECK(faults.find(found) != std::string::npos);
}

}  // namespace
}  // namespace chatgate
