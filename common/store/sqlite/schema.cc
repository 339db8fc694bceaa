#include "common/store/sqlite/schema.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string>

#include "common/store/open_store.h"
#include "common/store/sqlite/connection.h"
#include "schema_sql.h"

namespace chatgate::sqlite {
namespace {

// schema.sql describes this version. Whoever changes it raises the number and adds the step that
// leads there from the version before.
constexpr int64_t kSchemaVersion = 3;

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

constexpr const char* kFrom2To3 =
    "ALTER TABLE users ADD COLUMN requests_per_minute INTEGER NOT NULL DEFAULT 0 "
    "  CHECK (requests_per_minute >= 0);"
    "ALTER TABLE users ADD COLUMN tokens_per_minute INTEGER NOT NULL DEFAULT 0 "
    "  CHECK (tokens_per_minute >= 0);"
    "ALTER TABLE users ADD COLUMN parallel_requests INTEGER NOT NULL DEFAULT 0 "
    "  CHECK (parallel_requests >= 0);"
    "ALTER TABLE users ADD COLUMN model_settings TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE conversations ("
    "  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
    "  user_id INTEGER NOT NULL REFERENCES users (id), created_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX conversations_by_user ON conversations (user_id);"
    "CREATE TABLE messages ("
    "  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
    "  conversation INTEGER NOT NULL REFERENCES conversations (number), parent_id TEXT NOT NULL, "
    "  role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')), name TEXT NOT NULL, "
    "  model TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, "
    "  content TEXT NOT NULL) STRICT;"
    "CREATE INDEX messages_by_conversation ON messages (conversation);"
    "CREATE INDEX messages_by_expiry ON messages (expires_at) WHERE expires_at IS NOT NULL;";

constexpr std::array kMigrations{Migration{1, kFrom1To2}, Migration{2, kFrom2To3}};

// "cgte" in the file's header tells chatgate's databases from other programs' (`file` shows it).
constexpr int64_t kApplicationId = 0x63677465;

constexpr const char* kSelectUserVersion = "PRAGMA user_version";
constexpr const char* kSelectApplicationId = "PRAGMA application_id";
constexpr const char* kCountTables = "SELECT count(*) FROM sqlite_schema";
// Without what SQLite makes by itself.
constexpr const char* kSelectSchema =
    "SELECT type || ' ' || name, sql FROM sqlite_schema "
    "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";

tl::unexpected<Error> unusable(const Connection& connection, const std::string& rest) {
  return fail(ErrorCode::kStoreUnavailable, connection.name() + " " + rest);
}

void create(Connection& connection) {
  connection.run_script(std::string(kSchemaSql));
  connection.run_script("PRAGMA application_id = " + std::to_string(kApplicationId));
}

void migrate(Connection& connection, int64_t version, const ProgressReport& report) {
  for (const Migration& migration : kMigrations) {
    if (migration.from_version < version) continue;
    const auto goes_on = [&] {
      return tell(report, migration.from_version - version, kSchemaVersion - version);
    };
    const Watch watch(connection.handle(), goes_on);
    connection.run_script(migration.sql);
  }
}

Result<void> check_owner(Connection& connection, int64_t version) {
  if (belongs_to_another_program(connection)) {
    return unusable(connection, "belongs to another program: name another file");
  }
  if (version > kSchemaVersion) {
    return unusable(connection, "was written by a newer chatgate (schema " +
                                    std::to_string(version) + ", this one knows " +
                                    std::to_string(kSchemaVersion) + "): update chatgate");
  }
  return {};
}

// A statement without its comments and without the white space that has no meaning.
std::string bare_sql(std::string_view sql) {
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  std::string bare;
  bool is_apart = false;  // white space stands before what comes next
  for (size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    if (sql.substr(i).starts_with("--")) {
      i = std::min(sql.find('\n', i), sql.size());
      is_apart = true;
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      is_apart = true;
    } else {
      if (is_apart && !bare.empty() && is_word(bare.back()) && is_word(c)) bare += ' ';
      is_apart = false;
      const size_t end = c == '\'' || c == '"' ? sql.find(c, i + 1) : i;
      bare += sql.substr(i, std::min(end, sql.size() - 1) - i + 1);
      i = std::min(end, sql.size() - 1);
    }
  }
  return bare;
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

Result<std::unique_ptr<ServeLock>> lock_older(Connection& connection, int64_t version) {
  auto lock = acquire_serve_lock(connection.path());
  if (lock || lock.error().code != ErrorCode::kRefused) return lock;
  return fail(ErrorCode::kRefused,
              connection.name() + " has the tables of an older chatgate (schema " +
                  std::to_string(version) + ", this one needs " + std::to_string(kSchemaVersion) +
                  "), and another process serves or copies it: stop that one first");
}

// Within a transaction that holds the write lock. `lock`: where the right to serve is kept while an
// older database is migrated; null when the caller has it.
Result<void> bring_up_to_date(Connection& connection, std::unique_ptr<ServeLock>* lock,
                              const ProgressReport& report) {
  const int64_t version = schema_version(connection);
  // Another process may have looked at the same empty file, and been faster.
  if (Result<void> checked = check_owner(connection, version); !checked) return checked;
  if (version == kSchemaVersion) return {};
  if (version == 0) {
    create(connection);
  } else {
    if (lock != nullptr) {
      auto locked = lock_older(connection, version);
      if (!locked) return tl::unexpected<Error>(locked.error());
      *lock = std::move(*locked);
    }
    migrate(connection, version, report);
  }
  connection.run_script("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  return {};
}

}  // namespace

Result<void> prepare_schema(Connection& connection, bool is_own, const ProgressReport& report) {
  // In one snapshot, lest another process create the tables between two looks.
  int64_t version = 0;
  Result<void> looked = in_transaction(connection, "BEGIN", [&] {
    version = schema_version(connection);
    return check_owner(connection, version);
  });
  if (!looked) return looked;
  // Kept in the file: a no-op but for the first time, when it must stand outside a transaction.
  connection.run_script("PRAGMA journal_mode = WAL");
  if (version == kSchemaVersion) return {};
  std::unique_ptr<ServeLock> lock;  // until all is committed: who serves next sees the new tables
  return in_transaction(connection, "BEGIN IMMEDIATE", [&] {
    return bring_up_to_date(connection, is_own ? nullptr : &lock, report);
  });
}

bool belongs_to_another_program(Connection& connection) {
  const int64_t application_id = connection.single_integer(kSelectApplicationId);
  const bool is_empty = connection.single_integer(kCountTables) == 0;
  if (is_empty && application_id == 0) return schema_version(connection) != 0;
  return application_id != kApplicationId;
}

int64_t schema_version_of_program() { return kSchemaVersion; }

int64_t schema_version(Connection& connection) {
  return connection.single_integer(kSelectUserVersion);
}

Result<void> inspect_schema(Connection& connection) {
  return in_transaction(connection, "BEGIN", [&]() -> Result<void> {
    const int64_t version = schema_version(connection);
    if (Result<void> checked = check_owner(connection, version); !checked) return checked;
    if (version > 0) return {};
    return fail(ErrorCode::kNotFound, "the database " + in_quotes(connection.path()) +
                                          " has no tables yet: `chatgate db init` makes them");
  });
}

std::vector<std::string> schema_differences(Connection& connection) {
  SQLite::Database model(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  model.exec(std::string(kSchemaSql));
  std::map<std::string, std::string> expected;
  SQLite::Statement wanted(model, kSelectSchema);
  while (wanted.executeStep()) {
    expected[wanted.getColumn(0).getString()] = bare_sql(wanted.getColumn(1).getString());
  }
  std::vector<std::string> differences;
  Query found = connection.query(kSelectSchema);
  while (found.step()) {
    const auto same = expected.find(found.text(0));
    if (same == expected.end()) {
      differences.push_back("the " + found.text(0) + " is none of chatgate's");
      continue;
    }
    if (same->second != bare_sql(found.text(1))) {
      differences.push_back("the " + found.text(0) + " is not as chatgate makes it");
    }
    expected.erase(same);
  }
  for (const auto& [name, sql] : expected) differences.push_back("the " + name + " is missing");
  return differences;
}

}  // namespace chatgate::sqlite
