// The gateway's hot path: one transaction for each group of settlements.
//
// A group's cost is its touched pages (each becomes 4 KB of WAL) and its fsync, so everything that
// can be summed within the group is: each account's balance and each line of the daily roll-up is
// written once, in key order, and a hold that opens and ends within the group is never written.

#include <algorithm>
#include <cassert>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kInsertUsage =
    "INSERT INTO usage (id, user_id, token_id, price_id, model_id, endpoint_id, upstream_id, "
    "remote_id, status, estimated, http_status, prompt, cached_prompt, audio_prompt, completion, "
    "reasoning_completion, audio_completion, rate, cost, written_off, duration_ms) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO NOTHING";
constexpr const char* kSelectName = "SELECT id FROM names WHERE name = ?";
constexpr const char* kInsertName = "INSERT INTO names (name) VALUES (?)";
constexpr const char* kCharge =
    "UPDATE users SET balance = balance - ? WHERE id = ? RETURNING balance, unmetered";
constexpr const char* kHasLoweringAdjustment =
    "SELECT 1 FROM ledger_entries WHERE user_id = ? AND amount < 0";
// What was written off has no bound but 64 bits; beyond it the sum stays at the greatest number.
constexpr const char* kAddToRollUp =
    "INSERT INTO usage_daily VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (day, user_id, token_id, model_id) DO UPDATE SET "
    "requests = requests + excluded.requests, prompt = prompt + excluded.prompt, "
    "cached_prompt = cached_prompt + excluded.cached_prompt, "
    "audio_prompt = audio_prompt + excluded.audio_prompt, "
    "completion = completion + excluded.completion, "
    "reasoning_completion = reasoning_completion + excluded.reasoning_completion, "
    "audio_completion = audio_completion + excluded.audio_completion, "
    "cost = min(cost + excluded.cost, 9223372036854775807), "
    "written_off = min(written_off + excluded.written_off, 9223372036854775807)";
// Not for a request whose usage stands in the books: a batch that is tried again opens no hold anew.
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

std::optional<int64_t> id_or_null(int64_t id) {
  return id == 0 ? std::nullopt : std::optional(id);
}

// The key of a roll-up's line; usage_daily is ordered by it.
auto roll_up_key(const UsageRecord& record) {
  return std::tie(record.user_id, record.token_id, record.model);
}

int64_t add_capped(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

struct RollUpLine {
  int64_t requests = 0;
  TokenUsage usage;
  int64_t cost = 0;
  int64_t written_off = 0;

  void add(const UsageRecord& record) {
    ++requests;
    usage += record.usage;
    cost = add_capped(cost, record.cost.nanos);
    written_off = add_capped(written_off, record.written_off.nanos);
  }
};

}  // namespace

Result<std::vector<AccountBalance>> SqliteStore::commit(const BookBatch& batch) {
  if (batch.empty()) return std::vector<AccountBalance>{};
  if (const Result<void> checked = check_batch(batch); !checked) {
    return tl::unexpected<Error>(checked.error());
  }
  auto balances = connection_->write(
      [&]() -> Result<std::vector<AccountBalance>> { return book(batch); });
  last_commit_failed_ = !balances;
  if (!balances) {
    name_ids_.clear();
    // The only rules of the tables that a checked batch can break are its references.
    if (balances.error().code == ErrorCode::kInternal) balances.error().code = ErrorCode::kRefused;
  }
  return balances;
}

std::vector<AccountBalance> SqliteStore::book(const BookBatch& batch) {
  const std::vector<const UsageRecord*> rows = insert_usage(batch);
  write_holds(batch);
  add_to_roll_up(rows);
  return charge_accounts(batch, rows);
}

// Returns the rows that were new.
std::vector<const UsageRecord*> SqliteStore::insert_usage(const BookBatch& batch) {
  std::vector<const UsageRecord*> rows;
  rows.reserve(batch.settled.size());
  for (const Settlement& settlement : batch.settled) {
    if (!settlement.usage) continue;
    if (insert_usage_row(*settlement.usage)) rows.push_back(&*settlement.usage);
  }
  return rows;
}

bool SqliteStore::insert_usage_row(const UsageRecord& record) {
  const int64_t model_id = id_of_name(record.model);
  const int64_t endpoint_id = id_of_name(record.endpoint);
  const int64_t upstream_id = id_of_name(record.upstream);
  const TokenUsage& usage = record.usage;
  Query query = connection_->query(kInsertUsage);
  query.bind(record.id.value, record.user_id.value, id_or_null(record.token_id.value),
             id_or_null(record.price_id.value), model_id, endpoint_id, upstream_id,
             Borrowed{record.remote_id}, static_cast<int64_t>(record.status), record.estimated,
             record.http_status, usage.prompt, usage.cached_prompt, usage.audio_prompt,
             usage.completion, usage.reasoning_completion, usage.audio_completion,
             record.rate.nanos, record.cost.nanos, record.written_off.nanos, record.duration_ms);
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
    const bool was_skipped = rows.size() < batch.settled.size() && settlement.usage &&
                             !settlement.usage->cost.is_zero();
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

void SqliteStore::add_to_roll_up(const std::vector<const UsageRecord*>& rows) {
  std::vector<const UsageRecord*> sorted = rows;
  std::ranges::sort(sorted, [](const UsageRecord* a, const UsageRecord* b) {
    return std::pair(day_of(a->id), roll_up_key(*a)) < std::pair(day_of(b->id), roll_up_key(*b));
  });
  for (size_t i = 0; i < sorted.size();) {
    const UsageRecord& first = *sorted[i];
    const int64_t day = day_of(first.id);
    RollUpLine line;
    for (; i < sorted.size() && day_of(sorted[i]->id) == day &&
           roll_up_key(*sorted[i]) == roll_up_key(first);
         ++i) {
      line.add(*sorted[i]);
    }
    const TokenUsage& usage = line.usage;
    connection_
        ->query(kAddToRollUp, day, first.user_id.value, first.token_id.value,
                id_of_name(first.model), line.requests, usage.prompt, usage.cached_prompt,
                usage.audio_prompt, usage.completion, usage.reasoning_completion,
                usage.audio_completion, line.cost, line.written_off)
        .run();
  }
}

Result<int64_t> SqliteStore::sweep_holds(Timestamp now) {
  BookBatch batch;
  auto read = connection_->read([&]() -> Result<void> {
    Query query = connection_->query(kSelectHolds);
    while (query.step()) {
      const Hold hold{{query.integer(0)}, {query.integer(1)}, {query.integer(2)}};
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
