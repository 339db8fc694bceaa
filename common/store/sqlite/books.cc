// The gateway's hot path: one transaction for each group of settlements.
//
// A group's cost is its touched pages (each becomes 4 KB of WAL) and its fsync, so everything that
// can be summed within the group is: each account's balance and each line of the daily roll-up is
// written once, in key order, and a hold that opens and ends within the group is never written.

#include <algorithm>
#include <cassert>
#include <tuple>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kInsertUsage =
    "INSERT INTO usage (id, user_id, token_id, price_id, model_id, endpoint_id, upstream_id, "
    "remote_id, status, estimated, http_status, prompt, cached_prompt, audio_prompt, completion, "
    "reasoning_completion, audio_completion, rate, cost, written_off, duration_ms, previous_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO NOTHING";
constexpr const char* kSelectName = "SELECT id FROM names WHERE name = ?";
constexpr const char* kInsertName = "INSERT INTO names (name) VALUES (?)";
constexpr const char* kCharge =
    "UPDATE users SET balance = balance - ? WHERE id = ? RETURNING balance, unmetered";
constexpr const char* kHasLoweringAdjustment =
    "SELECT 1 FROM ledger_entries WHERE user_id = ? AND amount < 0";
constexpr const char* kSelectLastOfLine =
    "SELECT last_id FROM usage_daily "
    "WHERE day = ? AND user_id = ? AND token_id = ? AND model_id = ?";
constexpr const char* kInsertLine =
    "INSERT INTO usage_daily (requests, prompt, cached_prompt, audio_prompt, completion, "
    "reasoning_completion, audio_completion, cost, written_off, last_id, "
    "day, user_id, token_id, model_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
// What was written off has no bound but 64 bits; beyond it the sum stays at the greatest number.
constexpr const char* kAddToLine =
    "UPDATE usage_daily SET requests = requests + ?, prompt = prompt + ?, "
    "cached_prompt = cached_prompt + ?, audio_prompt = audio_prompt + ?, "
    "completion = completion + ?, reasoning_completion = reasoning_completion + ?, "
    "audio_completion = audio_completion + ?, cost = min(cost + ?, 9223372036854775807), "
    "written_off = min(written_off + ?, 9223372036854775807), last_id = ? "
    "WHERE day = ? AND user_id = ? AND token_id = ? AND model_id = ?";
// Not for a request whose usage stands in the books: a batch that is tried again opens no hold
// anew.
constexpr const char* kInsertHold =
    "INSERT INTO holds (request_id, user_id, amount) SELECT ?1, ?2, ?3 "
    "WHERE NOT EXISTS (SELECT 1 FROM usage WHERE id = ?1) ON CONFLICT (request_id) DO NOTHING";
constexpr const char* kDeleteHold = "DELETE FROM holds WHERE request_id = ?";
constexpr const char* kSelectHolds =
    "SELECT request_id, user_id, amount FROM holds ORDER BY request_id";
constexpr const char* kCountHolds = "SELECT count(*) FROM holds";

constexpr size_t kNamesRemembered = 10'000;

bool is_count(int64_t count) { return count >= 0 && count <= kTokenCountMax; }

bool is_bookable(const UsageRecord& record) {
  const TokenUsage& usage = record.usage;
  return record.id.value > 0 && !record.cost.is_negative() && !record.written_off.is_negative() &&
         is_count(usage.prompt) && is_count(usage.cached_prompt) && is_count(usage.audio_prompt) &&
         is_count(usage.completion) && is_count(usage.reasoning_completion) &&
         is_count(usage.audio_completion);
}

Result<void> check_batch(const BookBatch& batch) {
  for (const Settlement& settlement : batch.settled) {
    if (!settlement.usage) continue;
    const UsageRecord& record = *settlement.usage;
    assert(record.id == settlement.hold.request_id);
    assert(record.user_id == settlement.hold.user_id);
    if (!is_bookable(record)) {
      return fail(ErrorCode::kRefused, "the usage of " + format_request_id(record.id) +
                                           " has a figure that no book can hold");
    }
  }
  return {};
}

std::optional<int64_t> id_or_null(int64_t id) { return id == 0 ? std::nullopt : std::optional(id); }

// A row with the key of its line in the daily roll-up, in whose order the rows are written.
struct BookedRow {
  int64_t day;
  int64_t model_id;
  const UsageRecord* record;

  auto line_key() const {
    return std::tuple(day, record->user_id.value, record->token_id.value, model_id);
  }
};

int64_t add_capped(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

// What a group adds to one line of the daily roll-up.
struct LineSums {
  int64_t requests = 0;
  TokenUsage usage;
  int64_t cost = 0;
  int64_t written_off = 0;
  int64_t last_id = 0;

  void add(const UsageRecord& record) {
    ++requests;
    usage += record.usage;
    cost = add_capped(cost, record.cost.nanos);
    written_off = add_capped(written_off, record.written_off.nanos);
    last_id = record.id.value;
  }
};

void write_line(Connection& connection, bool is_new, const BookedRow& row, const LineSums& sums) {
  const TokenUsage& usage = sums.usage;
  connection
      .query(is_new ? kInsertLine : kAddToLine, sums.requests, usage.prompt, usage.cached_prompt,
             usage.audio_prompt, usage.completion, usage.reasoning_completion,
             usage.audio_completion, sums.cost, sums.written_off, sums.last_id, row.day,
             row.record->user_id.value, row.record->token_id.value, row.model_id)
      .run();
}

}  // namespace

Result<std::vector<AccountBalance>> SqliteStore::commit(const BookBatch& batch) {
  if (batch.empty()) return std::vector<AccountBalance>{};
  if (const Result<void> checked = check_batch(batch); !checked) {
    return tl::unexpected<Error>(checked.error());
  }
  auto balances =
      connection_->write([&]() -> Result<std::vector<AccountBalance>> { return book(batch); });
  last_commit_failed_ = !balances;
  if (!balances) {
    name_ids_.clear();
    // The only rules of the tables that a checked batch can break are its references.
    if (balances.error().code == ErrorCode::kInternal) balances.error().code = ErrorCode::kRefused;
  }
  return balances;
}

std::vector<AccountBalance> SqliteStore::book(const BookBatch& batch) {
  const std::vector<const UsageRecord*> rows = record_usage(batch);
  write_holds(batch);
  write_turns(batch, rows);
  return charge_accounts(batch, rows);
}

// Writes the usage rows, line by line of the daily roll-up, and the roll-up. Returns those rows
// that were not in the books before.
std::vector<const UsageRecord*> SqliteStore::record_usage(const BookBatch& batch) {
  std::vector<BookedRow> rows;
  rows.reserve(batch.settled.size());
  for (const Settlement& settlement : batch.settled) {
    if (!settlement.usage) continue;
    const UsageRecord& record = *settlement.usage;
    rows.push_back({day_of(record.id), id_of_name(record.model), &record});
  }
  std::ranges::stable_sort(rows, {}, &BookedRow::line_key);

  std::vector<const UsageRecord*> added;
  added.reserve(rows.size());
  for (size_t i = 0; i < rows.size();) {
    const BookedRow& first = rows[i];
    Query query = connection_->query(kSelectLastOfLine, first.day, first.record->user_id.value,
                                     first.record->token_id.value, first.model_id);
    const bool is_new = !query.step();
    LineSums sums;
    sums.last_id = is_new ? 0 : query.integer(0);
    query.reset();
    for (; i < rows.size() && rows[i].line_key() == first.line_key(); ++i) {
      const UsageRecord& record = *rows[i].record;
      if (!insert_usage(record, rows[i].model_id, sums.last_id)) continue;
      sums.add(record);
      added.push_back(&record);
    }
    if (sums.requests > 0) write_line(*connection_, is_new, first, sums);
  }
  return added;
}

// False when the row is in the books already.
bool SqliteStore::insert_usage(const UsageRecord& record, int64_t model_id, int64_t previous_id) {
  const int64_t endpoint_id = id_of_name(record.endpoint);
  const int64_t upstream_id = id_of_name(record.upstream);
  const TokenUsage& usage = record.usage;
  Query query = connection_->query(kInsertUsage);
  query.bind(record.id.value, record.user_id.value, id_or_null(record.token_id.value),
             id_or_null(record.price_id.value), model_id, endpoint_id, upstream_id,
             Borrowed{record.remote_id}, static_cast<int64_t>(record.status), record.estimated,
             record.http_status, usage.prompt, usage.cached_prompt, usage.audio_prompt,
             usage.completion, usage.reasoning_completion, usage.audio_completion,
             record.rate.nanos, record.cost.nanos, record.written_off.nanos, record.duration_ms,
             previous_id);
  return query.run() == 1;
}

int64_t SqliteStore::id_of_name(const std::string& name) {
  if (name.empty()) return 0;
  const auto known = name_ids_.find(name);
  if (known != name_ids_.end()) return known->second;
  if (name_ids_.size() >= kNamesRemembered) name_ids_.clear();
  Query select = connection_->query(kSelectName, name);
  int64_t id = 0;
  if (select.step()) {
    id = select.integer(0);
  } else {
    connection_->query(kInsertName, name).run();
    id = connection_->last_insert_id();
  }
  name_ids_.emplace(name, id);
  return id;
}

void SqliteStore::write_holds(const BookBatch& batch) {
  std::vector<RequestId> opened;
  opened.reserve(batch.opened.size());
  for (const Hold& hold : batch.opened) opened.push_back(hold.request_id);
  std::ranges::sort(opened);
  std::vector<RequestId> settled;
  settled.reserve(batch.settled.size());
  for (const Settlement& settlement : batch.settled) {
    settled.push_back(settlement.hold.request_id);
  }
  std::ranges::sort(settled);
  for (const RequestId id : settled) {
    // After a failure the group before this one may be in the file all the same.
    if (!last_commit_failed_ && std::ranges::binary_search(opened, id)) continue;
    connection_->query(kDeleteHold, id.value).run();
  }
  for (const Hold& hold : batch.opened) {
    if (std::ranges::binary_search(settled, hold.request_id)) continue;
    connection_->query(kInsertHold, hold.request_id.value, hold.user_id.value, hold.amount.nanos)
        .run();
  }
}

std::vector<AccountBalance> SqliteStore::charge_accounts(
    const BookBatch& batch, const std::vector<const UsageRecord*>& rows) {
  std::vector<AccountBalance> charges;
  charges.reserve(batch.settled.size());
  for (const UsageRecord* row : rows) {
    if (!row->cost.is_zero()) charges.push_back({row->user_id, row->cost});
  }
  // A batch that is tried again charges nothing, but its sender still has to learn the balances.
  for (const Settlement& settlement : batch.settled) {
    const bool was_skipped =
        rows.size() < batch.settled.size() && settlement.usage && !settlement.usage->cost.is_zero();
    if (was_skipped) charges.push_back({settlement.hold.user_id, Money{}});
  }
  std::ranges::sort(charges, {}, &AccountBalance::user_id);
  std::vector<AccountBalance> balances;
  for (size_t i = 0; i < charges.size();) {
    const UserId user = charges[i].user_id;
    Money sum;
    for (; i < charges.size() && charges[i].user_id == user; ++i) sum = sum + charges[i].balance;
    balances.push_back({user, charge(user, sum)});
  }
  return balances;
}

Money SqliteStore::charge(UserId user, Money sum) {
  assert(!sum.is_negative());
  Query query = connection_->query(kCharge, sum.nanos, user.value);
  [[maybe_unused]] const bool exists = query.step();
  assert(exists);  // the usage row refers to it
  const Money balance{query.integer(0)};
  if (balance.is_negative() && !query.boolean(1)) {
    // Nobody can spend below zero; only an adjustment can have lowered the balance meanwhile.
    Query adjustment = connection_->query(kHasLoweringAdjustment, user.value);
    [[maybe_unused]] const bool was_lowered = adjustment.step();
    assert(was_lowered && "a metered account was charged more than its balance");
  }
  return balance;
}

Result<int64_t> SqliteStore::sweep_holds(Timestamp now) { return sweep({}, now); }

Result<int64_t> SqliteStore::sweep_holds_of_lane(int64_t lane, Timestamp now) {
  return sweep(lane, now);
}

// Of the lane alone, where one is named.
Result<int64_t> SqliteStore::sweep(std::optional<int64_t> lane, Timestamp now) {
  BookBatch batch;
  auto read = connection_->read([&]() -> Result<void> {
    Query query = connection_->query(kSelectHolds);
    while (query.step()) {
      const Hold hold{{query.integer(0)}, {query.integer(1)}, {query.integer(2)}};
      if (lane && lane_of(hold.request_id) != *lane) continue;
      UsageRecord record;
      record.id = hold.request_id;
      record.user_id = hold.user_id;
      record.status = UsageStatus::kInterrupted;
      record.duration_ms = std::max<int64_t>(now.unix_ms - record.started_at().unix_ms, 0);
      batch.settled.push_back({hold, std::move(record)});
    }
    return {};
  });
  if (!read) return tl::unexpected<Error>(read.error());
  const auto swept = static_cast<int64_t>(batch.settled.size());
  return commit(batch).map([&](const auto&) { return swept; });
}

Result<int64_t> SqliteStore::count_open_holds() {
  return connection_->read([&]() -> Result<int64_t> {
    Query query = connection_->query(kCountHolds);
    query.step();
    return query.integer(0);
  });
}

}  // namespace chatgate::sqlite
