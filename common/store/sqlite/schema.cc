#include "common/store/sqlite/schema.h"

#include <array>
#include <string>

#include "common/store/sqlite/connection.h"
#include "schema_sql.h"

namespace chatgate::sqlite {
namespace {

// schema.sql describes this version. Whoever changes it raises the number and adds the step that
// leads there from the version before.
constexpr int64_t kSchemaVersion = 2;

struct Migration {
  int64_t from_version;
  const char* sql;
};

constexpr const char* kFrom1To2 =
    "ALTER TABLE users ADD COLUMN archived_at INTEGER;"
    "ALTER TABLE users ADD COLUMN password_hash TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE users ADD COLUMN budget INTEGER CHECK (budget >= 0);"
    "ALTER TABLE users ADD COLUMN budget_period TEXT NOT NULL DEFAULT '' "
    "  CHECK (budget_period IN ('', 'day', 'week', 'month'));"
    "CREATE TABLE usage_kept ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1), first_id INTEGER NOT NULL) STRICT;"
    "INSERT INTO usage_kept (id, first_id) VALUES (1, 0);"
    "DROP TRIGGER usage_lasts;"
    "CREATE TRIGGER usage_lasts BEFORE DELETE ON usage "
    "WHEN OLD.id >= (SELECT first_id FROM usage_kept) "
    "BEGIN SELECT RAISE(ABORT, 'usage rows are deleted only by chatgate db prune'); END;";

constexpr std::array kMigrations{Migration{1, kFrom1To2}};

// "cgte" in the file's header tells chatgate's databases from other programs' (`file` shows it).
constexpr int64_t kApplicationId = 0x63677465;

constexpr const char* kSelectUserVersion = "PRAGMA user_version";
constexpr const char* kSelectApplicationId = "PRAGMA application_id";
constexpr const char* kCountTables = "SELECT count(*) FROM sqlite_schema";

int64_t single_integer(Connection& connection, const char* sql) {
  Query query = connection.query(sql);
  query.step();
  return query.integer(0);
}

tl::unexpected<Error> unusable(const Connection& connection, const std::string& rest) {
  return fail(ErrorCode::kStoreUnavailable,
              "the database " + in_quotes(connection.path()) + " " + rest);
}

void create(Connection& connection) {
  connection.run_script(std::string(kSchemaSql));
  connection.run_script("PRAGMA application_id = " + std::to_string(kApplicationId));
}

void migrate(Connection& connection, int64_t version) {
  for (const Migration& migration : kMigrations) {
    if (migration.from_version >= version) connection.run_script(migration.sql);
  }
}

Result<void> check_owner(Connection& connection, int64_t version) {
  const int64_t application_id = single_integer(connection, kSelectApplicationId);
  const bool is_empty = single_integer(connection, kCountTables) == 0;
  if (is_empty && version == 0 && application_id == 0) return {};
  if (application_id != kApplicationId) {
    return unusable(connection, "belongs to another program: name another file");
  }
  if (version > kSchemaVersion) {
    return unusable(connection, "was written by a newer chatgate (schema " +
                                    std::to_string(version) + ", this one knows " +
                                    std::to_string(kSchemaVersion) + "): update chatgate");
  }
  return {};
}

// Connection's own transactions need the tables that are only made here.
template <class Work>
Result<void> in_transaction(Connection& connection, const char* begin, const Work& work) {
  connection.run_script(begin);
  try {
    Result<void> done = work();
    if (done) connection.run_script("COMMIT");
    connection.roll_back();
    return done;
  } catch (const SQLite::Exception&) {
    connection.roll_back();
    throw;
  }
}

// Within a transaction that holds the write lock.
Result<void> bring_up_to_date(Connection& connection) {
  const int64_t version = single_integer(connection, kSelectUserVersion);
  // Another process may have looked at the same empty file, and been faster.
  if (Result<void> checked = check_owner(connection, version); !checked) return checked;
  if (version == kSchemaVersion) return {};
  if (version == 0) {
    create(connection);
  } else {
    migrate(connection, version);
  }
  connection.run_script("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  return {};
}

}  // namespace

Result<void> prepare_schema(Connection& connection) {
  // In one snapshot, lest another process create the tables between two looks.
  int64_t version = 0;
  Result<void> looked = in_transaction(connection, "BEGIN", [&] {
    version = single_integer(connection, kSelectUserVersion);
    return check_owner(connection, version);
  });
  if (!looked) return looked;
  // Kept in the file: a no-op but for the first time, when it must stand outside a transaction.
  connection.run_script("PRAGMA journal_mode = WAL");
  if (version == kSchemaVersion) return {};
  return in_transaction(connection, "BEGIN IMMEDIATE",
                        [&] { return bring_up_to_date(connection); });
}

}  // namespace chatgate::sqlite
