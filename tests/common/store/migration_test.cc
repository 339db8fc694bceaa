// A database of version 1, with data, opened by this program: its tables become those of a fresh
// database, and nothing of the data is lost.

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/contract/databases.h"
#include "tests/support/temp_store.h"
#include "tests/support/turns.h"

namespace chatgate {
namespace {

constexpr const char* kData =
    "PRAGMA application_id = 0x63677465; PRAGMA user_version = 1;"
    "INSERT INTO users (id, name, unit, balance, created_at, revision)"
    "  VALUES (1, 'ann', 'USD', 950, 7, 1), (2, 'bob', 'tokens', 0, 8, 2);"
    "UPDATE change_counter SET revision = 4;"
    "INSERT INTO tokens (id, user_id, hash, prefix, created_at, revision)"
    "  VALUES (1, 1, zeroblob(32), 'sk-cg-abcd', 7, 3);"
    "INSERT INTO prices VALUES (1, 'gpt', 'USD', 1000, 2000, NULL, NULL, NULL, NULL, 0, 0, 0, 0, "
    "0, 4);"
    "INSERT INTO ledger_entries VALUES (1, 1, 'credit', 1000, 1000, '', NULL, 7);"
    "INSERT INTO names VALUES (1, 'gpt');"
    "INSERT INTO usage VALUES (1853115649228800000, 1, 1, 1, 1, 0, 0, 'x', 0, 0, 200,"
    "  50, 0, 0, 0, 0, 0, 1000000000, 50, 0, 9, 0);"
    "INSERT INTO usage_daily VALUES (20454, 1, 1, 1, 1, 50, 0, 0, 0, 0, 0, 50, 0,"
    "  1853115649228800000);"
    "INSERT INTO holds VALUES (1853115649228800001, 1, 5);";

std::string schema_v1() {
  std::ifstream file(SCHEMA_V1);
  std::stringstream text;
  text << file.rdbuf();
  REQUIRE(text.str().size() > 1000);
  return text.str();
}

void make_version_1(const std::string& path, const std::string& more = "") {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(schema_v1() + kData + more);
}

std::vector<std::string> rows_of(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  SQLite::Statement statement(database, sql);
  std::vector<std::string> rows;
  while (statement.executeStep()) {
    std::string row;
    for (int i = 0; i < statement.getColumnCount(); ++i) {
      row += statement.getColumn(i).getString() + "|";
    }
    rows.push_back(row);
  }
  return rows;
}

// Every table's columns, the indexes with theirs, the triggers: what SQLite makes of the text.
std::vector<std::string> structure_of(const std::string& path) {
  std::vector<std::string> rows = rows_of(
      path,
      "SELECT t.name, c.cid, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, l.strict, l.wr "
      "FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c JOIN pragma_table_list(t.name) l "
      "WHERE t.type = 'table' ORDER BY 1, 2");
  for (const char* sql :
       {"SELECT t.name, i.name, i.\"unique\", i.partial, c.seqno, c.name FROM sqlite_schema t "
        "JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c "
        "WHERE t.type = 'table' ORDER BY 1, 2, 5",
        "SELECT t.name, f.\"from\", f.\"table\", f.\"to\" FROM sqlite_schema t "
        "JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' ORDER BY 1, 2",
        "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY 1, 2"}) {
    for (std::string& row : rows_of(path, sql)) rows.push_back(std::move(row));
  }
  return rows;
}

TEST_CASE("a database of version 1 becomes one of this version, with its data") {
  const TempDir folder;
  const std::string path = folder.file("old.db");
  make_version_1(path);
  const auto usage_before = rows_of(path, "SELECT * FROM usage");
  const auto keeper = must(open_maintenance(path));
  CHECK(must(keeper->schema_change()).from_version == 1);
  {
    const auto store = must(open_store(path, OpenMode::kExisting));
    CHECK(faults_of(*store).empty());
    const std::vector<User> users = must(store->list_users());
    REQUIRE(users.size() == 2);
    CHECK(users[0].name == "ann");
    CHECK(users[0].balance == Money{950});
    CHECK(must(store->find_token("sk-cg-abcd")).user_id == users[0].id);
    CHECK(must(store->count_open_holds()) == 1);
    CHECK(must(store->usage_kept_from()).unix_ms == 0);
    CHECK(must(store->sweep_holds({kNoonMs})) == 1);
    CHECK(faults_of(*store).empty());
  }
  const SchemaChange change = must(keeper->schema_change());
  CHECK(change.from_version == change.to_version);
  CHECK(in_words(must(keeper->check({}))).empty());
  CHECK(rows_of(path, "SELECT * FROM usage ORDER BY id LIMIT 1") == usage_before);
  must(open_store(folder.file("new.db"), OpenMode::kNew));
  CHECK(structure_of(path) == structure_of(folder.file("new.db")));
}

// Version 2 had neither conversations nor an account's own limits.
TEST_CASE("a database of version 2 becomes one of this version, and can hold conversations") {
  const TempDir folder;
  const std::string path = folder.file("old.db");
  make_version_1(path);
  { const auto store = must(open_store(path, OpenMode::kExisting)); }
  for (const char* sql :
       {"DROP TABLE messages", "DROP TABLE conversations",
        "ALTER TABLE users DROP COLUMN requests_per_minute",
        "ALTER TABLE users DROP COLUMN tokens_per_minute",
        "ALTER TABLE users DROP COLUMN parallel_requests",
        "ALTER TABLE users DROP COLUMN model_settings", "PRAGMA user_version = 2"}) {
    rows_of(path, sql);
  }
  const auto keeper = must(open_maintenance(path));
  CHECK(must(keeper->schema_change()).from_version == 2);
  const auto store = must(open_store(path, OpenMode::kExisting));
  const User ann = must(store->find_user("ann"));
  const ApiToken token = must(store->find_token("sk-cg-abcd"));
  Settlement sale = settlement(request_id(kNoonMs, 1), token, must(store->list_prices())[0], 1, 1);
  sale.turn = make_turn(ann.id, "c-1", "", {"q", "a"}, {kNoonMs});
  must(store->commit({{}, {sale}}));
  CHECK(must(store->find_chain({ann.id, "c-1", "", {kNoonMs}})).messages.size() == 2);
  CHECK(faults_of(*store).empty());
  CHECK(in_words(must(keeper->check({}))).empty());
  must(open_store(folder.file("new.db"), OpenMode::kNew));
  CHECK(structure_of(path) == structure_of(folder.file("new.db")));
}

TEST_CASE("a migration that fails in the middle leaves the old version whole") {
  const TempDir folder;
  const std::string path = folder.file("old.db");
  // The step adds columns first and then meets this table.
  make_version_1(path, "CREATE TABLE usage_kept (id INTEGER);");
  const auto before = structure_of(path);
  CHECK_FALSE(open_store(path, OpenMode::kExisting).has_value());
  CHECK(structure_of(path) == before);
  CHECK(rows_of(path, "PRAGMA user_version")[0] == "1|");
  rows_of(path, "DROP TABLE usage_kept");
  CHECK(faults_of(*must(open_store(path, OpenMode::kExisting))).empty());
}

TEST_CASE("a stopped migration leaves the old version whole") {
  const TempDir folder;
  const std::string path = folder.file("old.db");
  make_version_1(path,
                 "INSERT INTO users (name, unit, created_at, revision) WITH RECURSIVE n(i) AS "
                 "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
                 "SELECT 'user' || i, 'USD', 1, 1 FROM n;");
  const auto before = structure_of(path);
  const auto stopped =
      must(open_maintenance(path))->migrate([](int64_t, int64_t) { return false; });
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().code == ErrorCode::kInterrupted);
  CHECK(structure_of(path) == before);
}

TEST_CASE("processes that migrate at once do it once") {
  const TempDir folder;
  const std::string path = folder.file("old.db");
  make_version_1(path);
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(open_store(path, OpenMode::kExisting).has_value() ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
  CHECK(faults_of(*must(open_store(path, OpenMode::kExisting))).empty());
  CHECK(in_words(must(must(open_maintenance(path))->check({}))).empty());
}

TEST_CASE("the tables of a gateway that serves are migrated by itself alone") {
  const TempDir folder;
  const std::string path = folder.file("old.db");
  make_version_1(path);
  const auto before = structure_of(path);
  auto lock = must(acquire_serve_lock(path));
  for (const OpenMode mode : {OpenMode::kExisting, OpenMode::kCreate}) {
    const auto beside = open_store(path, mode);
    REQUIRE_FALSE(beside.has_value());
    CHECK(beside.error().code == ErrorCode::kRefused);
    CHECK(beside.error().message.find("stop that one first") != std::string::npos);
  }
  CHECK_FALSE(must(open_maintenance(path))->migrate({}).has_value());
  CHECK(structure_of(path) == before);
  CHECK(faults_of(*must(open_store(path, OpenMode::kServe))).empty());
  CHECK(faults_of(*must(open_store(path, OpenMode::kExisting))).empty());
}

TEST_CASE("who migrates does not keep the right to serve") {
  const TempDir folder;
  const std::string path = folder.file("old.db");
  make_version_1(path);
  const auto store = must(open_store(path, OpenMode::kExisting));
  CHECK(acquire_serve_lock(path).has_value());
}

}  // namespace
}  // namespace chatgate
