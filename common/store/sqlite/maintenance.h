// The care of one SQLite file: maintenance.cc looks after it where it is, backup.cc copies it,
// restore.cc puts another content in its place. One thread.
#pragma once

#include <string>

#include "common/store/maintenance.h"
#include "common/store/sqlite/connection.h"

namespace chatgate::sqlite {

class SqliteMaintenance final : public Maintenance {
 public:
  explicit SqliteMaintenance(std::string path) : path_(std::move(path)) {}

  Result<DatabaseFacts> facts() override;
  Result<std::vector<Discrepancy>> check(const ProgressReport& report) override;
  Result<DatabaseFacts> back_up(const std::string& file, bool overwrites,
                                const ProgressReport& report) override;
  Result<std::unique_ptr<PendingRestore>> begin_restore(const std::string& file) override;
  Result<SchemaChange> schema_change() override;
  Result<void> migrate(const ProgressReport& report) override;
  Result<SpaceChange> vacuum(const ProgressReport& report) override;

 private:
  std::string path_;
};

// --- shared by these files -----------------------------------------------------------------------

DatabaseFacts facts_of(Connection& connection);

// The file's integrity and its references, one finding each. Reports pages.
std::vector<Discrepancy> check_file(Connection& connection, const ProgressReport& report);

// Copies what `source` holds at one moment to the file `to`, which must be empty or new, and which
// is not on disk before it was synchronized.
Result<void> copy_database(Connection& source, const std::string& to, const ProgressReport& report);

// Fails unless the file is a whole copy of a database with these facts. Nobody may write to it.
Result<DatabaseFacts> verify_copy(const std::string& file, const DatabaseFacts& original,
                                  const ProgressReport& report);

// Makes the content of the file `from`, which nobody writes to, that of the database `to`, in one
// transaction. When somebody has changed `to` since `data_version` was read through `witness`, it
// fails with kRefused.
Result<void> replace_content(const std::string& from, const std::string& to, Connection& witness,
                             int64_t data_version, const ProgressReport& report);
int64_t data_version(Connection& connection);

}  // namespace chatgate::sqlite
