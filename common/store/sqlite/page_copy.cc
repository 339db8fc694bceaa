#include "common/store/sqlite/page_copy.h"

namespace chatgate::sqlite {
namespace {

constexpr int kPagesPerStep = 256;

}  // namespace

PageCopy::PageCopy(sqlite3* from, sqlite3* to)
    : to_(to), backup_(sqlite3_backup_init(to, "main", from, "main")) {
  if (backup_ == nullptr) throw SQLite::Exception(to, sqlite3_errcode(to));
}

PageCopy::~PageCopy() { sqlite3_backup_finish(backup_); }

bool PageCopy::step(int pages) {
  const int code = sqlite3_backup_step(backup_, pages);
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_OK) throw SQLite::Exception(sqlite3_errstr(code), code);
  return true;
}

Result<void> PageCopy::run(const ProgressReport& report) {
  do {
    const int64_t total =
        std::max(sqlite3_backup_pagecount(backup_), 1);  // 0 before the first step
    const int64_t left = sqlite3_backup_remaining(backup_);
    if (!tell(report, left == 0 ? 0 : total - left, total)) {
      return fail(ErrorCode::kInterrupted, "stopped: nothing was changed");
    }
  } while (step(kPagesPerStep));
  return {};
}

}  // namespace chatgate::sqlite
