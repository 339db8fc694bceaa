// Reports. Whole days are read from the daily roll-up, and only what it cannot tell (the hours of a
// broken day; hour, endpoint, status) from the usage rows. Rows are summed here, not by SQL: one
// hash table in place of SQLite's sorter.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <tuple>
#include <unordered_map>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kSelectDays =
    "SELECT day, user_id, token_id, model_id, requests, prompt, cached_prompt, audio_prompt, "
    "completion, reasoning_completion, audio_completion, cost, written_off "
    "FROM usage_daily WHERE day >= ? AND day < ?";

#define CHATGATE_SUMMED_COLUMNS                                                           \
  "id, user_id, token_id, model_id, endpoint_id, status, prompt, cached_prompt, "         \
  "audio_prompt, completion, reasoning_completion, audio_completion, cost, written_off, " \
  "upstream_id"
constexpr const char* kSelectRows =
    "SELECT " CHATGATE_SUMMED_COLUMNS " FROM usage WHERE id >= ? AND id < ?";
constexpr const char* kSelectRowById =
    "SELECT " CHATGATE_SUMMED_COLUMNS ", previous_id FROM usage WHERE id = ?";
constexpr int kPreviousOfRow = 15;
#undef CHATGATE_SUMMED_COLUMNS

// The lines of one token: its user's part of each day.
constexpr const char* kSelectLinesOfToken =
    "SELECT day, last_id FROM usage_daily WHERE day = ? AND user_id = ? AND token_id = ?";
constexpr const char* kSelectDayRange =
    "SELECT coalesce((SELECT min(day) FROM usage_daily), 0), "
    "coalesce((SELECT max(day) FROM usage_daily), -1)";
constexpr const char* kSelectChargesOfDay =
    "SELECT requests, cost FROM usage_daily WHERE day = ? AND user_id = ?";
constexpr const char* kSelectUserOfToken = "SELECT user_id FROM tokens WHERE id = ?";
constexpr const char* kSelectUsageById =
    "SELECT usage.id, user_id, token_id, price_id, model.name, endpoint.name, upstream.name, "
    "remote_id, status, estimated, http_status, prompt, cached_prompt, audio_prompt, completion, "
    "reasoning_completion, audio_completion, rate, cost, written_off, duration_ms "
    "FROM usage JOIN names AS model ON model.id = model_id "
    "JOIN names AS endpoint ON endpoint.id = endpoint_id "
    "JOIN names AS upstream ON upstream.id = upstream_id WHERE usage.id = ?";
constexpr const char* kSelectStep = "SELECT id, previous_id FROM usage WHERE id = ?";
constexpr int kPreviousOfStep = 1;

constexpr const char* kSelectUnit = "SELECT unit FROM users WHERE id = ?";
constexpr const char* kSelectUserName = "SELECT name FROM users WHERE id = ?";
constexpr const char* kSelectTokenPrefix = "SELECT prefix FROM tokens WHERE id = ?";
constexpr const char* kSelectName = "SELECT name FROM names WHERE id = ?";
constexpr const char* kSelectNameId = "SELECT id FROM names WHERE name = ?";

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kNone = -1;  // a dimension that the report does not ask for

TokenUsage read_token_usage(const Query& row, int column) {
  return {row.integer(column),     row.integer(column + 1), row.integer(column + 2),
          row.integer(column + 3), row.integer(column + 4), row.integer(column + 5)};
}

UsageRecord read_usage_record(const Query& row) {
  UsageRecord record;
  record.id = {row.integer(0)};
  record.user_id = {row.integer(1)};
  record.token_id = {row.optional_integer(2).value_or(0)};
  record.price_id = {row.optional_integer(3).value_or(0)};
  record.model = row.text(4);
  record.endpoint = row.text(5);
  record.upstream = row.text(6);
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

// Moments outside of what ids can express are brought to the nearest that they can.
int64_t expressible_ms(Timestamp time) {
  return std::clamp<int64_t>(time.unix_ms, 0, INT64_MAX >> kRequestIdTimeShift);
}
int64_t first_id_of(Timestamp time) { return expressible_ms(time) << kRequestIdTimeShift; }

// Visits a token's usage rows of [from, until), day by day from each of its lines' latest row back
// to the first. `select_by_id` reads one row whose column `previous_column` names the next to
// visit.
template <class Visit>
void for_each_row_of_token(Connection& connection, TokenId token, Timestamp from, Timestamp until,
                           const char* select_by_id, int previous_column, const Visit& visit) {
  Query owner = connection.query(kSelectUserOfToken, token.value);
  if (!owner.step()) return;
  const int64_t user = owner.integer(0);
  Query known_days = connection.query(kSelectDayRange);
  known_days.step();
  const int64_t from_id = first_id_of(from);
  const int64_t until_id = first_id_of(until);
  const int64_t first_day = std::max(day_of(RequestId{from_id}), known_days.integer(0));
  const int64_t last_day = std::min(day_of(RequestId{until_id}), known_days.integer(1));
  for (int64_t day = first_day; day <= last_day; ++day) {
    Query line = connection.query(kSelectLinesOfToken, day, user, token.value);
    while (line.step()) {
      for (int64_t id = line.integer(1); id != 0;) {
        Query row = connection.query(select_by_id, id);
        if (!row.step()) break;  // verify_books reports it
        if (id >= from_id && id < until_id) visit(row);
        id = row.integer(previous_column);
      }
    }
  }
}

// One line in the making: the grouped dimensions, kNone for the others, then the unit's number.
using Key = std::array<int64_t, 7>;
struct KeyHash {
  size_t operator()(const Key& key) const {
    size_t hash = 0;
    for (const int64_t part : key) {
      hash = (hash ^ static_cast<size_t>(part)) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 29;
    }
    return hash;
  }
};
enum KeyPart : size_t { kUser, kToken, kModel, kPeriod, kEndpoint, kStatus, kUnit };

struct Sums {
  int64_t requests = 0;
  TokenUsage usage;
  int64_t cost = 0;
  int64_t written_off = 0;
};

class Report {
 public:
  Report(Connection& connection, const UsageQuery& query) : connection_(connection), query_(query) {
    for (const UsageDimension dimension : query.group_by) {
      switch (dimension) {
        case UsageDimension::kUser:
          groups_[kUser] = true;
          break;
        case UsageDimension::kToken:
          groups_[kToken] = true;
          break;
        case UsageDimension::kModel:
          groups_[kModel] = true;
          break;
        case UsageDimension::kDay:
          groups_[kPeriod] = true;
          break;
        case UsageDimension::kHour:
          groups_[kPeriod] = by_hour_ = true;
          break;
        case UsageDimension::kEndpoint:
          groups_[kEndpoint] = true;
          break;
        case UsageDimension::kStatus:
          groups_[kStatus] = true;
          break;
      }
    }
  }

  Result<std::vector<UsageSummary>> run() {
    if (query_.model && !find_name(*query_.model, model_id_)) return std::vector<UsageSummary>{};
    if (query_.upstream && !find_name(*query_.upstream, upstream_id_)) {
      return std::vector<UsageSummary>{};
    }
    const int64_t from_ms = expressible_ms(query_.from);
    const int64_t until_ms = std::max(expressible_ms(query_.until), from_ms);
    const int64_t first_day = (from_ms + kDayMs - 1) / kDayMs;  // whole days: [first, last)
    const int64_t last_day = until_ms / kDayMs;
    const bool needs_rows = by_hour_ || groups_[kEndpoint] || groups_[kStatus] || query_.upstream;
    if (needs_rows || first_day >= last_day) {
      add_rows({from_ms}, {until_ms});
    } else {
      add_rows({from_ms}, {first_day * kDayMs});
      add_days(first_day, last_day);
      add_rows({last_day * kDayMs}, {until_ms});
    }
    if (overflowed_) {
      return fail(ErrorCode::kRefused,
                  "a sum of this report is too large to be counted: ask for a shorter time");
    }
    return lines();
  }

 private:
  bool find_name(const std::string& name, int64_t& id) {
    Query query = connection_.query(kSelectNameId, name);
    if (!query.step()) return false;
    id = query.integer(0);
    return true;
  }

  bool is_wanted(int64_t user, int64_t token, int64_t model) const {
    return (!query_.user || query_.user->value == user) &&
           (!query_.token || query_.token->value == token) && (!query_.model || model_id_ == model);
  }

  void add_days(int64_t first_day, int64_t last_day) {
    Query row = connection_.query(kSelectDays, first_day, last_day);
    while (row.step()) {
      const int64_t user = row.integer(1);
      const int64_t token = row.integer(2);
      const int64_t model = row.integer(3);
      if (!is_wanted(user, token, model)) continue;
      add({user, token, model, row.integer(0), kNone, kNone, 0},
          {row.integer(4), read_token_usage(row, 5), row.integer(11), row.integer(12)});
    }
  }

  void add_rows(Timestamp from, Timestamp until) {
    if (from >= until) return;
    if (query_.token) {
      for_each_row_of_token(connection_, *query_.token, from, until, kSelectRowById, kPreviousOfRow,
                            [&](const Query& row) { add_row(row); });
      return;
    }
    Query row = connection_.query(kSelectRows, first_id_of(from), first_id_of(until));
    while (row.step()) add_row(row);
  }

  void add_row(const Query& row) {
    const int64_t user = row.integer(1);
    const int64_t token = row.optional_integer(2).value_or(0);
    const int64_t model = row.integer(3);
    if (!is_wanted(user, token, model)) return;
    if (query_.upstream && upstream_id_ != row.integer(14)) return;
    const int64_t period_ms = by_hour_ ? kHourMs : kDayMs;
    const int64_t period = (row.integer(0) >> kRequestIdTimeShift) / period_ms;
    add({user, token, model, period, row.integer(4), row.integer(5), 0},
        {1, read_token_usage(row, 6), row.integer(12), row.integer(13)});
  }

  void add(Key key, const Sums& more) {
    const int64_t unit = unit_of(key[kUser]);
    for (size_t part = 0; part < kUnit; ++part) {
      if (!groups_[part]) key[part] = kNone;
    }
    key[kUnit] = unit;
    Sums& sums = sums_[key];
    sums.requests += more.requests;
    sums.usage += more.usage;
    overflowed_ |= __builtin_add_overflow(sums.cost, more.cost, &sums.cost);
    overflowed_ |= __builtin_add_overflow(sums.written_off, more.written_off, &sums.written_off);
  }

  // The number, in units_, of the unit that a user is counted in.
  int64_t unit_of(int64_t user) {
    const auto known = unit_of_user_.find(user);
    if (known != unit_of_user_.end()) return known->second;
    const std::string code = text_of(kSelectUnit, user);
    const auto found = std::ranges::find(units_, code);
    const auto number = static_cast<int64_t>(found - units_.begin());
    if (found == units_.end()) units_.push_back(code);
    unit_of_user_.emplace(user, number);
    return number;
  }

  std::string text_of(const char* sql, int64_t id) {
    if (id == kNone) return {};
    Query query = connection_.query(sql, id);
    return query.step() ? query.text(0) : std::string();
  }

  std::string period_text(int64_t period) const {
    if (period == kNone) return {};
    return by_hour_ ? format_hour(period) : format_day(period);
  }

  static std::string format_day(int64_t day) {
    const std::chrono::year_month_day date{
        std::chrono::sys_days{std::chrono::days{static_cast<int>(day)}}};
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text.data();
  }

  static std::string format_hour(int64_t hour) {
    const std::string number = std::to_string(hour % 24);
    return format_day(hour / 24) + "T" + (number.size() < 2 ? "0" : "") + number + ":00:00Z";
  }

  std::vector<UsageSummary> lines() {
    std::vector<UsageSummary> lines;
    lines.reserve(sums_.size());
    for (const auto& [key, sums] : sums_) {
      UsageSummary line;
      line.user = text_of(kSelectUserName, key[kUser]);
      line.token = text_of(kSelectTokenPrefix, key[kToken]);
      line.model = text_of(kSelectName, key[kModel]);
      line.period = period_text(key[kPeriod]);
      line.endpoint = text_of(kSelectName, key[kEndpoint]);
      if (key[kStatus] != kNone) line.status = name_of(static_cast<UsageStatus>(key[kStatus]));
      line.unit = {units_[static_cast<size_t>(key[kUnit])]};
      line.requests = sums.requests;
      line.usage = sums.usage;
      line.cost = {sums.cost};
      line.written_off = {sums.written_off};
      lines.push_back(std::move(line));
    }
    std::ranges::sort(lines, {}, [](const UsageSummary& line) {
      return std::tie(line.period, line.user, line.token, line.model, line.endpoint, line.status,
                      line.unit.code);
    });
    return lines;
  }

  Connection& connection_;
  const UsageQuery& query_;
  std::array<bool, kUnit> groups_{};
  bool by_hour_ = false;
  int64_t model_id_ = kNone;
  int64_t upstream_id_ = kNone;
  std::vector<std::string> units_;
  std::unordered_map<int64_t, int64_t> unit_of_user_;
  std::unordered_map<Key, Sums, KeyHash> sums_;
  bool overflowed_ = false;
};

}  // namespace

// Day by day, for the roll-up's key begins with the day.
std::vector<DailyCharge> select_daily_charges(Connection& connection, UserId user, int64_t from_day,
                                              int64_t until_day) {
  Query known_days = connection.query(kSelectDayRange);
  known_days.step();
  const int64_t first_day = std::max(from_day, known_days.integer(0));
  const int64_t end_day = std::min(until_day, known_days.integer(1) + 1);
  std::vector<DailyCharge> charges;
  for (int64_t day = first_day; day < end_day; ++day) {
    DailyCharge charge{day, 0, {}};
    Query line = connection.query(kSelectChargesOfDay, day, user.value);
    while (line.step()) {
      charge.requests += line.integer(0);
      constexpr Money kMost{INT64_MAX};
      charge.cost = checked_add(charge.cost, {line.integer(1)}).value_or(kMost);
    }
    if (charge.requests > 0) charges.push_back(charge);
  }
  return charges;
}

Result<std::vector<DailyCharge>> SqliteStore::list_daily_charges(UserId user, int64_t from_day,
                                                                 int64_t until_day) {
  return connection_->read([&]() -> Result<std::vector<DailyCharge>> {
    return select_daily_charges(*connection_, user, from_day, until_day);
  });
}

Result<std::vector<UsageSummary>> SqliteStore::summarize_usage(const UsageQuery& query) {
  return connection_->read(
      [&]() -> Result<std::vector<UsageSummary>> { return Report(*connection_, query).run(); });
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
    std::vector<UsageRecord> records;
    for (const RequestId id : ids) {
      Query row = connection_->query(kSelectUsageById, id.value);
      if (row.step()) records.push_back(read_usage_record(row));
    }
    return records;
  });
}

}  // namespace chatgate::sqlite
