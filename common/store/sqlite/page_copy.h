// SQLite's online backup, as steps that throw what went wrong
// (sqlite.org/c3ref/backup_finish.html). The destination gets all pages in one transaction of its
// own, which ends with the last step: a copy that is given up before leaves it as it was.
#pragma once

#include <sqlite3.h>

#include "common/progress.h"
#include "common/store/sqlite/connection.h"

namespace chatgate::sqlite {

class PageCopy {
 public:
  PageCopy(sqlite3* from, sqlite3* to);
  ~PageCopy();
  PageCopy(const PageCopy&) = delete;
  PageCopy& operator=(const PageCopy&) = delete;

  // Copies some pages; false when all are copied and the destination has committed them.
  bool step(int pages);
  // The rest. Reports pages; stops with kInterrupted.
  Result<void> run(const ProgressReport& report);

 private:
  sqlite3* to_;
  sqlite3_backup* backup_;
};

}  // namespace chatgate::sqlite
