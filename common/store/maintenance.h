// The care of a database as a whole, beside what Store keeps in it: is it sound, copy it, put a
// copy in its place, bring its tables up to date, give free space back. For the administrator's
// shell; one thread. Each call opens what it needs and may take minutes: it tells a ProgressReport
// how far it is, and one that is stopped or fails leaves everything as it was. Failures as those of
// Store, and kRefused while a gateway serves a database that must be at rest.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/progress.h"
#include "common/result.h"
#include "common/store/store.h"

namespace chatgate {

struct DatabaseFacts {
  std::string path;
  int64_t schema_version = 0;
  int64_t page_bytes = 0;
  int64_t pages = 0;
  int64_t free_pages = 0;  // among `pages`
  int64_t log_bytes = 0;  // written to the log beside the file and not yet, or once, copied into it
  int64_t bytes() const { return page_bytes * pages; }
};

struct SchemaChange {
  int64_t from_version = 0;
  int64_t to_version = 0;
};

struct SpaceChange {
  int64_t bytes_before = 0;
  int64_t bytes_after = 0;
};

// A backup that may take a database's place; no gateway can start while it lives.
class PendingRestore {
 public:
  virtual ~PendingRestore() = default;
  virtual const DatabaseFacts& backup() const = 0;
  // Copies the backup beside the database, brings its tables up to date, verifies its books, and
  // makes it the database's content at one blow. With `keeps_old` what was there before is copied
  // to the returned path first: kAlreadyExists when there is one of an earlier restore. Empty when
  // nothing was there or is kept.
  virtual Result<std::string> run(bool keeps_old, const ProgressReport& report) = 0;
};

class Maintenance {
 public:
  virtual ~Maintenance() = default;

  // At once, at any size.
  virtual Result<DatabaseFacts> facts() = 0;
  // What is wrong with the file and its tables; empty when it is sound. Reports pages.
  virtual Result<std::vector<Discrepancy>> check(const ProgressReport& report) = 0;
  // Copies the database as it is at one moment to `file`, verified and durable, also beside a busy
  // gateway. kAlreadyExists when there is one, unless `overwrites`. Reports pages.
  virtual Result<DatabaseFacts> back_up(const std::string& file, bool overwrites,
                                        const ProgressReport& report) = 0;
  // kNotFound without the file, kStoreUnavailable for one that is not chatgate's or a newer one's.
  virtual Result<std::unique_ptr<PendingRestore>> begin_restore(const std::string& file) = 0;
  // From the database's version of the tables to this program's.
  virtual Result<SchemaChange> schema_change() = 0;
  virtual Result<void> migrate(const ProgressReport& report) = 0;
  // Rebuilds the file without its free pages. REQUIRES: no gateway serves it, else kRefused.
  virtual Result<SpaceChange> vacuum(const ProgressReport& report) = 0;
};

}  // namespace chatgate
