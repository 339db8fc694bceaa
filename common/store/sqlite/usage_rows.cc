// Usage rows one by one: exported in pages, followed as they are booked, listed for a token.

#include "common/store/sqlite/usage_rows.h"

#include <algorithm>
#include <cassert>
#include <functional>

namespace chatgate::sqlite {
namespace {

#define CHATGATE_USAGE_COLUMNS                                                               \
  "id, user_id, token_id, price_id, model_id, endpoint_id, upstream_id, remote_id, status, " \
  "estimated, http_status, prompt, cached_prompt, audio_prompt, completion, "                \
  "reasoning_completion, audio_completion, rate, cost, written_off, duration_ms, previous_id"
constexpr const char* kSelectUpward =
    "SELECT " CHATGATE_USAGE_COLUMNS " FROM usage WHERE id >= ? AND id < ? ORDER BY id LIMIT ?";
constexpr const char* kSelectDownward =
    "SELECT " CHATGATE_USAGE_COLUMNS
    " FROM usage WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?";
constexpr const char* kSelectById = "SELECT " CHATGATE_USAGE_COLUMNS " FROM usage WHERE id = ?";
constexpr int kPreviousId = 21;
constexpr const char* kSelectStep = "SELECT id, previous_id FROM usage WHERE id = ?";
constexpr int kPreviousOfStep = 1;
#undef CHATGATE_USAGE_COLUMNS

constexpr const char* kSelectLastRows =
    "SELECT last_id FROM usage_daily WHERE day >= ? AND user_id BETWEEN ? AND ?";

constexpr const char* kSelectUserName = "SELECT name FROM users WHERE id = ?";
constexpr const char* kSelectUnit = "SELECT unit FROM users WHERE id = ?";
constexpr const char* kSelectTokenPrefix = "SELECT prefix FROM tokens WHERE id = ?";
constexpr const char* kSelectName = "SELECT name FROM names WHERE id = ?";
constexpr const char* kSelectNameId = "SELECT id FROM names WHERE name = ?";
constexpr const char* kSelectDayRange =
    "SELECT coalesce((SELECT min(day) FROM usage_daily), 0), "
    "coalesce((SELECT max(day) FROM usage_daily), -1)";

UsageRecord read_usage_record(const Query& row, UsageNames& names) {
  UsageRecord record;
  record.id = {row.integer(0)};
  record.user_id = {row.integer(1)};
  record.token_id = {row.optional_integer(2).value_or(0)};
  record.price_id = {row.optional_integer(3).value_or(0)};
  record.model = names.name(row.integer(4));
  record.endpoint = names.name(row.integer(5));
  record.upstream = names.name(row.integer(6));
  record.remote_id = row.text(7);
  record.status = static_cast<UsageStatus>(row.integer(8));
  record.estimated = row.boolean(9);
  record.http_status = static_cast<int>(row.integer(10));
  record.usage = read_token_usage(row, 11);
  record.rate = {row.integer(17)};
  record.cost = {row.integer(18)};
  record.written_off = {row.integer(19)};
  record.duration_ms = row.integer(20);
  return record;
}

// Rows of interest out of those that a statement gives, in one transaction.
class EntryReader {
 public:
  EntryReader(Connection& connection, const UsageFilter& filter)
      : names_(connection), filter_(filter) {
    if (filter.model) model_id_ = names_.id_of_name(*filter.model);
    if (filter.upstream) upstream_id_ = names_.id_of_name(*filter.upstream);
  }

  void read(const Query& row) {
    const int64_t user = row.integer(1);
    const int64_t token = row.optional_integer(2).value_or(0);
    if (filter_.user && filter_.user->value != user) return;
    if (filter_.token && filter_.token->value != token) return;
    if (filter_.model && model_id_ != row.integer(4)) return;
    if (filter_.upstream && upstream_id_ != row.integer(6)) return;
    entries_.push_back({read_usage_record(row, names_), names_.user(user),
                        token == 0 ? std::string() : names_.token_prefix(token),
                        Unit{names_.unit_of_user(user)}});
  }

  std::vector<UsageEntry> take() { return std::move(entries_); }

 private:
  UsageNames names_;
  const UsageFilter& filter_;
  int64_t model_id_ = UsageNames::kNoName;
  int64_t upstream_id_ = UsageNames::kNoName;
  std::vector<UsageEntry> entries_;
};

// Visits the rows of a line that a follower has not seen: from its latest row back to one that was
// the latest of a line before.
template <class Visit>
void for_each_unseen_row(Connection& connection, int64_t last_id,
                         const std::unordered_set<int64_t>& seen_last_ids, const Visit& visit) {
  for (int64_t id = last_id; id != 0 && !seen_last_ids.contains(id);) {
    Query row = connection.query(kSelectById, id);
    if (!row.step()) return;
    visit(row);
    id = row.integer(kPreviousId);
  }
}

}  // namespace

const std::string& UsageNames::user(int64_t id) { return text_of(users_, kSelectUserName, id); }
const std::string& UsageNames::unit_of_user(int64_t id) { return text_of(units_, kSelectUnit, id); }
const std::string& UsageNames::token_prefix(int64_t id) {
  return text_of(tokens_, kSelectTokenPrefix, id);
}
const std::string& UsageNames::name(int64_t id) { return text_of(names_, kSelectName, id); }

int64_t UsageNames::id_of_name(const std::string& name) {
  Query query = connection_.query(kSelectNameId, name);
  return query.step() ? query.integer(0) : kNoName;
}

const std::string& UsageNames::text_of(Texts& known, const char* sql, int64_t id) {
  const auto [place, is_new] = known.try_emplace(id);
  if (is_new) {
    Query query = connection_.query(sql, id);
    if (query.step()) place->second = query.text(0);
  }
  return place->second;
}

KnownDays known_days(Connection& connection) {
  Query query = connection.query(kSelectDayRange);
  query.step();
  return {query.integer(0), query.integer(1)};
}

Result<std::vector<UsageEntry>> SqliteStore::next_usage(const UsageFilter& filter,
                                                        UsageCursor& cursor, size_t rows_max) {
  assert(rows_max > 0);
  return connection_->read([&]() -> Result<std::vector<UsageEntry>> {
    int64_t from_id = first_id_of(filter.from);
    int64_t until_id = first_id_of(filter.until);
    if (cursor.last_read && cursor.newest_first) until_id = cursor.last_read->value;
    if (cursor.last_read && !cursor.newest_first) from_id = cursor.last_read->value + 1;
    Query row = connection_->query(cursor.newest_first ? kSelectDownward : kSelectUpward, from_id,
                                   until_id, static_cast<int64_t>(rows_max));
    EntryReader reader(*connection_, filter);
    size_t looked_at = 0;
    for (; row.step(); ++looked_at) {
      cursor.last_read = RequestId{row.integer(0)};
      reader.read(row);
    }
    cursor.is_at_end = looked_at < rows_max;
    return reader.take();
  });
}

Result<std::vector<UsageEntry>> SqliteStore::booked_usage(const UsageFilter& filter,
                                                          UsageMarks& marks) {
  return connection_->read([&]() -> Result<std::vector<UsageEntry>> {
    EntryReader reader(*connection_, filter);
    Query line = connection_->query(kSelectLastRows, day_of(RequestId{first_id_of(filter.from)}),
                                    filter.user ? filter.user->value : INT64_MIN,
                                    filter.user ? filter.user->value : INT64_MAX);
    std::unordered_set<int64_t> last_ids;
    while (line.step()) {
      const int64_t last_id = line.integer(0);
      last_ids.insert(last_id);
      if (!marks.are_set) continue;
      for_each_unseen_row(*connection_, last_id, marks.last_ids,
                          [&](const Query& row) { reader.read(row); });
    }
    marks = {true, std::move(last_ids)};
    std::vector<UsageEntry> entries = reader.take();
    std::ranges::sort(entries, {}, [](const UsageEntry& entry) { return entry.record.id; });
    return entries;
  });
}

Result<std::vector<RequestId>> SqliteStore::list_requests_of_token(TokenId token, Timestamp from,
                                                                   Timestamp until,
                                                                   size_t count_max) {
  return connection_->read([&]() -> Result<std::vector<RequestId>> {
    std::vector<RequestId> ids;
    const auto keep_latest = [&] {
      if (ids.size() <= count_max) return;
      const auto end = ids.begin() + static_cast<std::ptrdiff_t>(count_max);
      std::ranges::nth_element(ids, end, std::greater());
      ids.erase(end, ids.end());
    };
    for_each_row_of_token(*connection_, token, from, until, kSelectStep, kPreviousOfStep,
                          [&](const Query& row) {
                            ids.push_back({row.integer(0)});
                            if (ids.size() / 2 >= count_max) keep_latest();
                          });
    keep_latest();
    std::ranges::sort(ids);
    return ids;
  });
}

Result<std::vector<UsageRecord>> SqliteStore::find_usage(std::span<const RequestId> ids) {
  return connection_->read([&]() -> Result<std::vector<UsageRecord>> {
    UsageNames names(*connection_);
    std::vector<UsageRecord> records;
    for (const RequestId id : ids) {
      Query row = connection_->query(kSelectById, id.value);
      if (row.step()) records.push_back(read_usage_record(row, names));
    }
    return records;
  });
}

}  // namespace chatgate::sqlite
