// Old usage rows given up for space. They go oldest first and in small transactions: each moves the
// mark in usage_kept forward and deletes the rows before it, so that at every moment, also after a
// crash, exactly the rows from the mark on are there. In between the write lock is free for as long
// as it was held, so that a gateway's commit waits for one such transaction at most.

#include <chrono>
#include <thread>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kSelectFirstId = "SELECT first_id FROM usage_kept";
constexpr const char* kSelectOldestHold =
    "SELECT coalesce((SELECT min(request_id) FROM holds), 9223372036854775807)";
constexpr const char* kCountDays =
    "SELECT count(DISTINCT day), coalesce(sum(requests), 0) FROM usage_daily "
    "WHERE day >= ? AND day < ?";
constexpr const char* kCountRows = "SELECT count(*) FROM usage WHERE id < ?";
// The first row that a transaction of so many rows leaves.
constexpr const char* kSelectBoundary =
    "SELECT id FROM usage WHERE id < ? ORDER BY id LIMIT 1 OFFSET ?";
constexpr const char* kMoveMark = "UPDATE usage_kept SET first_id = ?1 WHERE first_id < ?1";
constexpr const char* kDeleteRows = "DELETE FROM usage WHERE id < ?";
constexpr const char* kCountFreePages = "PRAGMA freelist_count";
constexpr const char* kCountPages = "PRAGMA page_count";
constexpr const char* kSelectPageBytes = "PRAGMA page_size";

constexpr int64_t kRowsPerTransaction = 2'000;
constexpr auto kPauseMin = std::chrono::milliseconds(2);
constexpr auto kPauseMax = std::chrono::milliseconds(200);

// The first id that stays: a whole day's, and none that an open hold's row, which the next start of
// a gateway may write, could come before.
int64_t first_id_to_keep(Connection& connection, Timestamp before) {
  const int64_t wanted_ms =
      std::clamp<int64_t>(before.unix_ms, 0, INT64_MAX >> kRequestIdTimeShift);
  const int64_t wanted = first_id_of_day(wanted_ms / kDayMs);
  const int64_t oldest_hold = connection.single_integer(kSelectOldestHold);
  return std::min(wanted, first_id_of_day(day_of(RequestId{oldest_hold})));
}

struct Days {
  int64_t count = 0;
  int64_t requests = 0;
};

// The days with usage that lie wholly between two ids.
Days count_days(Connection& connection, int64_t from_id, int64_t until_id) {
  Query query =
      connection.query(kCountDays, day_of(RequestId{from_id}), day_of(RequestId{until_id}));
  query.step();
  return {query.integer(0), query.integer(1)};
}

}  // namespace

int64_t first_kept_id(Connection& connection) { return connection.single_integer(kSelectFirstId); }

Result<Timestamp> SqliteStore::usage_kept_from() {
  return connection_->guard([&]() -> Result<Timestamp> {
    return Timestamp{first_kept_id(*connection_) >> kRequestIdTimeShift};
  });
}

Result<PrunedUsage> SqliteStore::count_prunable_usage(Timestamp before,
                                                      const ProgressReport& report) {
  return connection_->read([&]() -> Result<PrunedUsage> {
    Connection& connection = *connection_;
    const int64_t first_id = first_kept_id(connection);
    const int64_t limit = std::max(first_id_to_keep(connection, before), first_id);
    const int64_t pages = connection.single_integer(kCountPages);
    const int64_t pages_before = pages_read(connection.handle());
    const auto pages_seen = [&] { return pages_read(connection.handle()) - pages_before; };
    const Watch watch(connection.handle(), [&] { return tell(report, pages_seen(), pages); });
    PrunedUsage prunable;
    Query count = connection.query(kCountRows, limit);
    count.step();
    prunable.rows = count.integer(0);
    // The pages that had to be read to count them are those that they fill.
    prunable.bytes =
        prunable.rows == 0 ? 0 : pages_seen() * connection.single_integer(kSelectPageBytes);
    prunable.days = count_days(connection, first_id, limit).count;
    prunable.kept_from = {limit >> kRequestIdTimeShift};
    return prunable;
  });
}

// Deletes the oldest rows before `limit`, as many as one transaction may, and adds them to
// `pruned`. Returns the new mark: `limit` when none are left.
Result<int64_t> SqliteStore::prune_some(int64_t limit, PrunedUsage& pruned) {
  int64_t rows = 0;
  int64_t pages = 0;
  auto mark = connection_->write([&]() -> Result<int64_t> {
    Connection& connection = *connection_;
    Query boundary = connection.query(kSelectBoundary, limit, kRowsPerTransaction);
    const int64_t first_id = boundary.step() ? boundary.integer(0) : limit;
    boundary.reset();
    const int64_t free_before = connection.single_integer(kCountFreePages);
    connection.query(kMoveMark, first_id).run();
    rows = connection.query(kDeleteRows, first_id).run();
    pages = connection.single_integer(kCountFreePages) - free_before;
    return first_id;
  });
  if (!mark) return mark;
  pruned.rows += rows;
  pruned.bytes += pages * connection_->single_integer(kSelectPageBytes);
  return mark;
}

Result<PrunedUsage> SqliteStore::prune_usage(Timestamp before, const ProgressReport& report) {
  using std::chrono::steady_clock;
  return connection_->guard([&]() -> Result<PrunedUsage> {
    PrunedUsage pruned;
    const int64_t first_id = first_kept_id(*connection_);
    const int64_t limit = first_id_to_keep(*connection_, before);
    const int64_t expected =
        std::max<int64_t>(count_days(*connection_, first_id, limit).requests, 1);
    int64_t mark = first_id;
    while (mark < limit) {
      pruned.stopped = !tell(report, pruned.rows, expected);
      if (pruned.stopped) break;
      const auto begun = steady_clock::now();
      const Result<int64_t> moved = prune_some(limit, pruned);
      if (!moved) return tl::unexpected<Error>(moved.error());
      mark = *moved;
      if (mark == limit) break;
      std::this_thread::sleep_for(
          std::clamp<steady_clock::duration>(steady_clock::now() - begun, kPauseMin, kPauseMax));
    }
    pruned.days = count_days(*connection_, first_id, mark).count;
    pruned.kept_from = {mark >> kRequestIdTimeShift};
    return pruned;
  });
}

}  // namespace chatgate::sqlite
