// A database looked after where it is.
//
// It is rebuilt (VACUUM INTO) beside itself and its content then replaced in one transaction, as a
// restore does it, because SQLite's VACUUM in place wants a temporary copy in a folder of SQLite's
// choice. Either holds the write lock for as long as it copies: 10 GB take minutes, in which a
// gateway could book nothing. So it is refused while one serves.

#include "common/store/sqlite/maintenance.h"

#include <sqlite3.h>

#include <filesystem>

#include "common/store/open_store.h"
#include "common/store/sqlite/partial_file.h"
#include "common/store/sqlite/schema.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kCheckIntegrity = "PRAGMA integrity_check(20)";
constexpr const char* kCheckReferences = "PRAGMA foreign_key_check";
constexpr const char* kSelectPageBytes = "PRAGMA page_size";
constexpr const char* kCountPages = "PRAGMA page_count";
constexpr const char* kCountFreePages = "PRAGMA freelist_count";
constexpr const char* kSelectDataVersion = "PRAGMA data_version";
constexpr const char* kRebuildInto = "VACUUM INTO ?";

// Integrity is checked tree by tree, then row by row, then come the references.
constexpr int64_t kReadingsOfCheck = 3;
// The rest of a broken file would be more of the same.
constexpr size_t kFoundMax = 20;

}  // namespace

int64_t data_version(Connection& connection) {
  return connection.single_integer(kSelectDataVersion);
}

DatabaseFacts facts_of(Connection& connection) {
  DatabaseFacts facts;
  facts.path = connection.path();
  facts.schema_version = schema_version(connection);
  facts.page_bytes = connection.single_integer(kSelectPageBytes);
  facts.pages = connection.single_integer(kCountPages);
  facts.free_pages = connection.single_integer(kCountFreePages);
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(connection.path() + kLogSuffix, missing);
  facts.log_bytes = missing ? 0 : static_cast<int64_t>(bytes);
  return facts;
}

std::vector<Discrepancy> check_file(Connection& connection, const ProgressReport& report) {
  const int64_t pages = connection.single_integer(kCountPages);
  const int64_t before = pages_read(connection.handle());
  const Watch watch(connection.handle(), [&] {
    const int64_t read = pages_read(connection.handle()) - before;
    return tell(report, read / kReadingsOfCheck, pages);
  });
  std::vector<Discrepancy> found;
  const auto tell_damage = [&](std::string detail) {
    found.push_back({"the file is intact", std::move(detail)});
  };
  try {
    Query row = connection.query(kCheckIntegrity);
    while (row.step()) {
      if (row.text(0) != "ok") tell_damage(row.text(0));
    }
  } catch (const SQLite::Exception& failure) {
    // A damage that keeps SQLite from looking further.
    if ((failure.getErrorCode() & 0xff) != SQLITE_CORRUPT) throw;
    tell_damage(failure.what());
  }
  if (!found.empty()) return found;  // what cannot be read cannot be followed
  Query reference = connection.query(kCheckReferences);
  while (found.size() < kFoundMax && reference.step()) {
    found.push_back({"every reference leads somewhere",
                     "row " + std::to_string(reference.integer(1)) + " of " + reference.text(0) +
                         " names a missing row of " + reference.text(2)});
  }
  return found;
}

Result<DatabaseFacts> SqliteMaintenance::facts() {
  const auto connection = Connection::open(path_, {.schema = SchemaUse::kAsItIs});
  if (!connection) return tl::unexpected<Error>(connection.error());
  return (*connection)->guard([&]() -> Result<DatabaseFacts> { return facts_of(**connection); });
}

Result<std::vector<Discrepancy>> SqliteMaintenance::check(const ProgressReport& report) {
  const auto connection = Connection::open(path_, {.schema = SchemaUse::kAsItIs});
  if (!connection) return tl::unexpected<Error>(connection.error());
  // Not in one transaction: one that has met a damage cannot be committed.
  return (*connection)->guard([&]() -> Result<std::vector<Discrepancy>> {
    std::vector<Discrepancy> found = check_file(**connection, report);
    if (schema_version(**connection) != schema_version_of_program()) return found;
    for (std::string& difference : schema_differences(**connection)) {
      found.push_back({"the tables are chatgate's", std::move(difference)});
    }
    return found;
  });
}

Result<SchemaChange> SqliteMaintenance::schema_change() {
  return facts().map([](const DatabaseFacts& facts) {
    return SchemaChange{facts.schema_version, schema_version_of_program()};
  });
}

Result<void> SqliteMaintenance::migrate(const ProgressReport& report) {
  const auto connection = Connection::open(path_, {}, report);
  if (!connection) return tl::unexpected<Error>(connection.error());
  return {};
}

Result<SpaceChange> SqliteMaintenance::vacuum(const ProgressReport& report) {
  const auto connection = Connection::open(path_, {.schema = SchemaUse::kAsItIs});
  if (!connection) return tl::unexpected<Error>(connection.error());
  const auto lock = acquire_serve_lock(path_);
  if (!lock) return tl::unexpected<Error>(lock.error());
  Connection& source = **connection;
  auto partial = PartialFile::create(path_ + ".vacuuming", path_, path_);
  if (!partial) return tl::unexpected<Error>(partial.error());
  return source.guard([&]() -> Result<SpaceChange> {
    const DatabaseFacts before = facts_of(source);
    const auto part = [&](int64_t number) { return part_of(report, number, 3, before.pages); };
    const int64_t version = data_version(source);
    {
      const int64_t pages = pages_read(source.handle());
      const Watch watch(source.handle(), [&] {
        return tell(part(0), pages_read(source.handle()) - pages, before.pages);
      });
      source.query(kRebuildInto, partial->path()).run();
    }
    const auto rebuilt = verify_copy(partial->path(), before, part(1));
    if (!rebuilt) return tl::unexpected<Error>(rebuilt.error());
    return replace_content(partial->path(), path_, source, version, part(2)).map([&] {
      return SpaceChange{before.bytes(), rebuilt->bytes()};
    });
  });
}

}  // namespace chatgate::sqlite
