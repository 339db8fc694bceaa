// Another content for a database.
//
// To rename a file over a database is not safe, not even while no gateway runs: a log (WAL) that
// belongs to the old content would be applied to the new one, and a process of the shell that has
// the old file open would go on writing to that log. So the new content is written by SQLite, as
// one transaction over all pages: whoever opens the database sees the old content or the new one,
// whenever the power fails, and other processes wait or read what was there, as with any write. The
// price is room for the log, which holds the whole content until it is copied into the file.
//
// A database that SQLite cannot open has no such readers and writers. There, as where none is, the
// new file gets the name, after the side files of the old one have gone.

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "common/store/open_store.h"
#include "common/store/sqlite/maintenance.h"
#include "common/store/sqlite/page_copy.h"
#include "common/store/sqlite/partial_file.h"
#include "common/store/sqlite/schema.h"
#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kKeptSuffix = ".before-restore";
constexpr const char* kTurnLogOn = "PRAGMA journal_mode = WAL";
constexpr const char* kCountTables = "SELECT count(*) FROM sqlite_schema";
constexpr int kBusyTimeoutMs = 10'000;
constexpr int64_t kParts = 4;  // copy, verify, keep the old content, replace it

bool has_content(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

// What stands where a backup is to go.
enum class Place : uint8_t { kNothing, kDamaged, kDatabase };

Place look_at(const std::string& path) {
  if (!has_content(path)) return Place::kNothing;
  try {
    SQLite::Database database(std::filesystem::absolute(path).string(), SQLite::OPEN_READWRITE,
                              kBusyTimeoutMs);
    database.execAndGet(kCountTables);
  } catch (const SQLite::Exception& failure) {
    const int code = failure.getErrorCode() & 0xff;
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) return Place::kDamaged;
  }
  return Place::kDatabase;  // should it be unusable for another reason, the next to open it tells
}

// The path, or it with ".2", ".3"... after it: what earlier restores have kept stays.
std::string free_path(const std::string& path) {
  const auto exists = [](const std::string& name) {
    return std::filesystem::exists(std::filesystem::symlink_status(name));
  };
  if (!exists(path)) return path;
  int64_t number = 2;
  while (exists(path + "." + std::to_string(number))) ++number;
  return path + "." + std::to_string(number);
}

class SqliteRestore final : public PendingRestore {
 public:
  SqliteRestore(std::string path, std::unique_ptr<Connection> source, DatabaseFacts facts,
                std::unique_ptr<ServeLock> lock, std::string file)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        source_(std::move(source)),
        facts_(std::move(facts)),
        file_(std::move(file)) {}

  const DatabaseFacts& backup() const override { return facts_; }

  Result<std::string> run(bool keeps_old, const ProgressReport& report) override {
    kept_path_ = free_path(path_ + kKeptSuffix);
    auto copy = PartialFile::create(path_ + ".restoring", path_, source_->path());
    if (!copy) return tl::unexpected<Error>(copy.error());
    return copy_database(*source_, copy->path(), part(report, 0))
        .and_then([&] { return verify_books(copy->path(), part(report, 1)); })
        .and_then([&] { return copy->sync(); })
        .and_then([&]() -> Result<std::string> {
          const Place place = look_at(path_);
          if (place == Place::kDatabase) return replace(*copy, keeps_old, report);
          return take_place(*copy, keeps_old && place == Place::kDamaged);
        });
  }

 private:
  ProgressReport part(const ProgressReport& report, int64_t number) const {
    return part_of(report, number, kParts, facts_.pages);
  }

  // Brings the copy's tables up to date by opening it.
  Result<void> verify_books(const std::string& copy, const ProgressReport& report) const {
    {
      const auto store = SqliteStore::open(copy, {.is_own = true, .backup = file_});
      if (!store) return tl::unexpected<Error>(store.error());
      const auto found = (*store)->verify_books(report);
      if (!found) return tl::unexpected<Error>(found.error());
      if (!found->empty()) {
        return fail(ErrorCode::kRefused, "the backup's books are not exact (" +
                                             found->front().invariant + ": " +
                                             found->front().detail + "): restore another one");
      }
    }
    if (!has_content(copy + kLogSuffix)) return {};
    return fail(ErrorCode::kStoreUnavailable,
                "the log of " + in_quotes(copy) + " could not be emptied: try again");
  }

  Result<std::string> replace(const PartialFile& copy, bool keeps_old,
                              const ProgressReport& report) {
    const auto old = Connection::open(path_, {.schema = SchemaUse::kAny});
    if (!old) return tl::unexpected<Error>(old.error());
    return (*old)->guard([&]() -> Result<std::string> {
      (*old)->run_script(kTurnLogOn);
      const int64_t version = data_version(**old);
      if (keeps_old) {
        if (auto kept = keep(**old, part(report, 2)); !kept) {
          return tl::unexpected<Error>(kept.error());
        }
      }
      auto replaced = replace_content(copy.path(), path_, **old, version, part(report, 3));
      if (replaced) return keeps_old ? kept_path_ : std::string();
      if (keeps_old) ::unlink(kept_path_.c_str());  // nothing has changed
      return tl::unexpected<Error>(replaced.error());
    });
  }

  Result<void> keep(Connection& old, const ProgressReport& report) const {
    auto kept = PartialFile::create(kept_path_ + ".partial", path_, source_->path());
    if (!kept) return tl::unexpected<Error>(kept.error());
    return copy_database(old, kept->path(), report)
        .and_then([&] { return kept->sync(); })
        .and_then([&] { return kept->rename_to(kept_path_); });
  }

  // At every moment the damaged file, or the new one, has the name.
  Result<std::string> take_place(PartialFile& copy, bool keeps_old) {
    if (keeps_old) {
      if (::link(path_.c_str(), kept_path_.c_str()) != 0) {
        return fail(ErrorCode::kStoreUnavailable, "the damaged database cannot be kept as " +
                                                      in_quotes(kept_path_) + " (" +
                                                      system_error_text(errno) + ")");
      }
      for (const char* suffix : {kLogSuffix, kJournalSuffix}) {
        std::error_code missing;
        std::filesystem::rename(path_ + suffix, kept_path_ + suffix, missing);
      }
    }
    remove_side_files(path_);
    return copy.rename_to(path_).map([&] { return keeps_old ? kept_path_ : std::string(); });
  }

  std::string path_;
  std::string kept_path_;  // for the old content; known when it runs
  std::unique_ptr<ServeLock> lock_;
  std::unique_ptr<Connection> source_;
  DatabaseFacts facts_;
  std::string file_;  // the backup
};

}  // namespace

Result<void> replace_content(const std::string& from, const std::string& to, Connection& witness,
                             int64_t version, const ProgressReport& report) {
  const auto source = Connection::open(from, {.schema = SchemaUse::kAsItIs, .is_immutable = true});
  if (!source) return tl::unexpected<Error>(source.error());
  const auto target = Connection::open(to, {.schema = SchemaUse::kAny});
  if (!target) return tl::unexpected<Error>(target.error());
  const auto replaced = (*target)->guard([&]() -> Result<void> {
    PageCopy copy((*source)->handle(), (*target)->handle());
    copy.step(1);  // from now on nobody else can write
    if (data_version(witness) != version) {
      return fail(ErrorCode::kRefused,
                  "another process has changed the database " + in_quotes(to) +
                      " meanwhile, so nothing was done: run the command again");
    }
    return copy.run(report);
  });
  (*target)->checkpoint();
  return replaced;
}

Result<std::unique_ptr<PendingRestore>> SqliteMaintenance::begin_restore(const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::equivalent(file, path_, ignored)) {
    return fail(ErrorCode::kRefused, in_quotes(file) + " is the database itself: name a backup");
  }
  // A file with a log beside it is a database that somebody copied, or uses.
  ConnectionOptions options{.schema = SchemaUse::kAsItIs, .backup = file};
  options.is_immutable = !has_content(file + kLogSuffix) && !has_content(file + kJournalSuffix);
  auto source = Connection::open(file, options);
  if (!source) return tl::unexpected<Error>(source.error());
  auto facts = (*source)->guard([&]() -> Result<DatabaseFacts> { return facts_of(**source); });
  if (!facts) return tl::unexpected<Error>(facts.error());
  auto lock = acquire_serve_lock(path_);
  if (!lock) return tl::unexpected<Error>(lock.error());

  if (look_at(path_) == Place::kDatabase) {
    const auto old = Connection::open(path_, {.schema = SchemaUse::kAny});
    if (!old) return tl::unexpected<Error>(old.error());
    const auto fits = (*old)->guard([&]() -> Result<void> {
      if (belongs_to_another_program(**old)) {
        return fail(ErrorCode::kStoreUnavailable, "the database " + in_quotes(path_) +
                                                      " belongs to another program: name another");
      }
      if (facts_of(**old).page_bytes == facts->page_bytes) return {};
      return fail(ErrorCode::kRefused, "the pages of " + in_quotes(file) + " and of " +
                                           in_quotes(path_) +
                                           " differ in size: restore it under another name");
    });
    if (!fits) return tl::unexpected<Error>(fits.error());
  }
  return std::make_unique<SqliteRestore>(path_, *std::move(source), *std::move(facts),
                                         *std::move(lock), file);
}

}  // namespace chatgate::sqlite
