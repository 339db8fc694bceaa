// A copy of the database as it is at one moment, taken while others write to it.
//
// SQLite's online backup begins anew whenever another process has written, so beside a busy gateway
// it never ends. Unless its source stands in a read transaction: then all pages come from that one
// snapshot, in steps that can tell how far they are. VACUUM INTO would do as well, but it builds
// each tree anew and takes about twice as long, and the snapshot is what counts: as long as it is
// read, the gateway's log (WAL) cannot begin anew and grows by all that is written. So there is
// nothing in it but the copying of pages: the file reaches the disk and is verified after the
// snapshot has ended, and what the log has grown to is then copied into the database by this
// process, not by a commit of the gateway. The log thus grows by what is written in the time of one
// plain copy.
//
// The copy is made under another name and renamed when it is whole, so that nobody ever finds half
// of one, and an older one stays until then.

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "common/store/sqlite/maintenance.h"
#include "common/store/sqlite/page_copy.h"
#include "common/store/sqlite/partial_file.h"

namespace chatgate::sqlite {
namespace {

// Nothing of it counts before it was synchronized, and nobody else sees it.
constexpr const char* kConfigureCopy =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000";

tl::unexpected<Error> unsuitable(const std::string& message) {
  return fail(ErrorCode::kInvalidArgument, message);
}

// Where the copy will stand: links are followed, so that not they are replaced.
Result<std::string> target_of(const std::string& file, const std::string& database,
                              bool overwrites) {
  if (file.empty() || file == "-") {
    return unsuitable(
        "a backup is not written from its beginning to its end, so it cannot go to "
        "standard output: name a file");
  }
  std::error_code ignored;
  const std::string target = std::filesystem::weakly_canonical(file, ignored).string();
  const std::string own = std::filesystem::weakly_canonical(database, ignored).string();
  if (target.empty()) return unsuitable("the path " + in_quotes(file) + " leads nowhere");
  for (const char* suffix : {"", kLogSuffix, kIndexSuffix, kJournalSuffix, ".lock"}) {
    if (target == own + suffix) {
      return fail(ErrorCode::kRefused,
                  in_quotes(file) + " is the database's own file: name another one");
    }
  }
  struct stat status {};
  if (::stat(target.c_str(), &status) != 0) return target;
  if (S_ISDIR(status.st_mode)) {
    return unsuitable(in_quotes(file) + " is a folder: name a file in it");
  }
  if (!S_ISREG(status.st_mode)) {
    return unsuitable("a backup is not written from its beginning to its end, so " +
                      in_quotes(file) + ", which is no regular file, cannot take it");
  }
  if (!overwrites) {
    return fail(ErrorCode::kAlreadyExists,
                "the file " + in_quotes(file) + " exists: name another one, or add --force");
  }
  return target;
}

// The end of a copy that cannot be written; else that of a database that cannot be read.
Error error_of_copy(const SQLite::Exception& failure, const Connection& source,
                    const std::string& to) {
  const int code = failure.getErrorCode() & 0xff;
  const bool is_written = code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN ||
                          code == SQLITE_READONLY;
  return is_written ? error_of(failure, to, 0) : source.error_of(failure);
}

}  // namespace

Result<void> copy_database(Connection& source, const std::string& to,
                           const ProgressReport& report) {
  const auto copied = source.read([&]() -> Result<void> {
    try {
      SQLite::Database copy(std::filesystem::absolute(to).string(),
                            SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      copy.exec(kConfigureCopy);
      return PageCopy(source.handle(), copy.getHandle()).run(report);
    } catch (const SQLite::Exception& failure) {
      return tl::unexpected<Error>(error_of_copy(failure, source, to));
    }
  });
  source.checkpoint();
  return copied;
}

Result<DatabaseFacts> verify_copy(const std::string& file, const DatabaseFacts& original,
                                  const ProgressReport& report) {
  const auto copy = Connection::open(file, {.schema = SchemaUse::kAsItIs, .is_immutable = true});
  if (!copy) return tl::unexpected<Error>(copy.error());
  return (*copy)->guard([&]() -> Result<DatabaseFacts> {
    const DatabaseFacts facts = facts_of(**copy);
    if (facts.schema_version != original.schema_version) {
      return fail(ErrorCode::kInternal, "the copy " + in_quotes(file) + " is of version " +
                                            std::to_string(facts.schema_version) + ", not " +
                                            std::to_string(original.schema_version));
    }
    const std::vector<Discrepancy> found = check_file(**copy, report);
    if (found.empty()) return facts;
    return fail(ErrorCode::kInternal,
                "the copy of the database is damaged (" + found.front().detail +
                    "), and most likely the database as well: see `chatgate db check`");
  });
}

Result<DatabaseFacts> SqliteMaintenance::back_up(const std::string& file, bool overwrites,
                                                 const ProgressReport& report) {
  const auto target = target_of(file, path_, overwrites);
  if (!target) return tl::unexpected<Error>(target.error());
  // As it is: a backup is what one makes before a new version changes the tables.
  const auto source = Connection::open(path_, {.schema = SchemaUse::kAsItIs});
  if (!source) return tl::unexpected<Error>(source.error());
  auto partial = PartialFile::create(*target + ".partial", *target, path_);
  if (!partial) return tl::unexpected<Error>(partial.error());
  return (*source)->guard([&]() -> Result<DatabaseFacts> {
    const DatabaseFacts original = facts_of(**source);
    return copy_database(**source, partial->path(), part_of(report, 0, 2, original.pages))
        .and_then([&] { return partial->sync(); })
        .and_then([&] {
          return verify_copy(partial->path(), original, part_of(report, 1, 2, original.pages));
        })
        .and_then([&](DatabaseFacts facts) {
          facts.path = *target;
          return partial->rename_to(*target).map([&] { return facts; });
        });
  });
}

}  // namespace chatgate::sqlite
