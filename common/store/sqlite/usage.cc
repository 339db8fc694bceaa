// Reports. Whole days (UTC) are read from the daily roll-up where they lie within one period of the
// report, and only what it cannot tell (a broken day; hour, endpoint, status; the edges of periods
// in other time zones) from the usage rows. Rows are summed here, not by SQL: one hash table in
// place of SQLite's sorter.

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "common/store/sqlite/usage_rows.h"
#include "common/text/period.h"
#include "common/text/time_text.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kSelectDay =
    "SELECT user_id, token_id, model_id, requests, prompt, cached_prompt, audio_prompt, "
    "completion, reasoning_completion, audio_completion, cost, written_off "
    "FROM usage_daily WHERE day = ? AND user_id BETWEEN ? AND ?";
constexpr const char* kHasDay = "SELECT 1 FROM usage_daily WHERE day = ? LIMIT 1";

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

constexpr const char* kSelectChargesOfDay =
    "SELECT requests, cost FROM usage_daily WHERE day = ? AND user_id = ?";

constexpr int32_t kNone = -1;  // a dimension that the report does not ask for

// One line in the making: the grouped dimensions, kNone for the others, then the unit's number.
// The numbers are small ones: nobody has two billion tokens, and a long report has many keys.
using Key = std::array<int32_t, 7>;
struct KeyHash {
  size_t operator()(const Key& key) const noexcept {
    size_t hash = 0;
    for (const int32_t part : key) {
      hash = (hash ^ static_cast<size_t>(part)) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 29;
    }
    return hash;
  }
};
int32_t key_part(int64_t number) {
  assert(number >= INT32_MIN && number <= INT32_MAX);
  return static_cast<int32_t>(number);
}
enum KeyPart : size_t { kUser, kToken, kModel, kPeriod, kEndpoint, kStatus, kUnit };

struct Sums {
  int64_t requests = 0;
  TokenUsage usage;
  int64_t cost = 0;
  int64_t written_off = 0;
};

std::optional<PeriodKind> period_kind_of(UsageDimension dimension) {
  switch (dimension) {
    case UsageDimension::kHour:
      return PeriodKind::kHour;
    case UsageDimension::kDay:
      return PeriodKind::kDay;
    case UsageDimension::kWeek:
      return PeriodKind::kWeek;
    case UsageDimension::kMonth:
      return PeriodKind::kMonth;
    default:
      return std::nullopt;
  }
}

// A scan meets each page once: while it lives, the connection remembers few of them.
class SmallCache {
 public:
  explicit SmallCache(Connection& connection) : connection_(connection) {
    Query query = connection.query("PRAGMA cache_size");
    query.step();
    size_before_ = query.integer(0);
    query.reset();
    connection.run_script(set_size(kKilobytes));
  }
  ~SmallCache() {
    // Nothing is lost if it fails.
    static_cast<void>(sqlite3_exec(connection_.handle(), set_size(size_before_).c_str(), nullptr,
                                   nullptr, nullptr));
  }
  SmallCache(const SmallCache&) = delete;
  SmallCache& operator=(const SmallCache&) = delete;

 private:
  static constexpr int64_t kKilobytes = -1'000;  // a negative size is one in KB, not in pages
  static std::string set_size(int64_t size) {
    return "PRAGMA cache_size = " + std::to_string(size);
  }

  Connection& connection_;
  int64_t size_before_ = 0;
};

class Report {
 public:
  Report(Connection& connection, const UsageQuery& query)
      : connection_(connection), query_(query), names_(connection) {
    for (const UsageDimension dimension : query.group_by) {
      groups_[kUser] |= dimension == UsageDimension::kUser;
      groups_[kToken] |= dimension == UsageDimension::kToken;
      groups_[kModel] |= dimension == UsageDimension::kModel;
      groups_[kEndpoint] |= dimension == UsageDimension::kEndpoint;
      groups_[kStatus] |= dimension == UsageDimension::kStatus;
      const auto kind = period_kind_of(dimension);
      if (kind && (!period_kind_ || *kind < *period_kind_)) period_kind_ = kind;
    }
    groups_[kPeriod] = period_kind_.has_value();
  }

  Result<std::vector<UsageSummary>> run() {
    if (query_.model) {
      model_id_ = names_.id_of_name(*query_.model);
      if (model_id_ == UsageNames::kNoName) return std::vector<UsageSummary>{};
    }
    if (query_.upstream) {
      upstream_id_ = names_.id_of_name(*query_.upstream);
      if (upstream_id_ == UsageNames::kNoName) return std::vector<UsageSummary>{};
    }
    add_all();
    if (overflowed_) {
      return fail(ErrorCode::kRefused,
                  "a sum of this report is too large to be counted: ask for a shorter time");
    }
    if (is_pruned_) return fail_for_pruned();
    return lines();
  }

 private:
  bool is_wanted(int64_t user, int64_t token, int64_t model) const {
    return (!query_.user || query_.user->value == user) &&
           (!query_.token || query_.token->value == token) && (!query_.model || model_id_ == model);
  }

  // Day by day, in UTC.
  void add_all() {
    first_kept_id_ = first_kept_id(connection_);
    const KnownDays known = known_days(connection_);
    const int64_t until_ms = std::min(expressible_ms(query_.until), (known.last + 1) * kDayMs);
    int64_t ms = std::max(expressible_ms(query_.from), known.first * kDayMs);
    while (ms < until_ms) {
      const int64_t day = ms / kDayMs;
      const int64_t end_ms = std::min((day + 1) * kDayMs, until_ms);
      if (end_ms - ms == kDayMs && is_told_by_roll_up(day)) {
        add_day(day);
      } else {
        add_rows({ms}, {end_ms});
      }
      ms = end_ms;
    }
  }

  bool is_told_by_roll_up(int64_t day) {
    if (groups_[kEndpoint] || groups_[kStatus] || query_.upstream) return false;
    if (!period_kind_) return true;
    number_of_period_at(day * kDayMs);
    return (day + 1) * kDayMs <= period_until_ms_;
  }

  void add_day(int64_t day) {
    const int32_t period = period_kind_ ? number_of_period_at(day * kDayMs) : kNone;
    Query row = connection_.query(kSelectDay, day, query_.user ? query_.user->value : INT64_MIN,
                                  query_.user ? query_.user->value : INT64_MAX);
    while (row.step()) {
      const int64_t user = row.integer(0);
      const int64_t token = row.integer(1);
      const int64_t model = row.integer(2);
      if (!is_wanted(user, token, model)) continue;
      add({key_part(user), key_part(token), key_part(model), period, kNone, kNone, 0},
          {row.integer(3), read_token_usage(row, 4), row.integer(10), row.integer(11)});
    }
  }

  void add_rows(Timestamp from, Timestamp until) {
    if (first_id_of(from) < first_kept_id_) {
      Query day = connection_.query(kHasDay, from.unix_ms / kDayMs);
      is_pruned_ |= day.step();
    }
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
    const int64_t ms = row.integer(0) >> kRequestIdTimeShift;
    const int32_t period = period_kind_ ? number_of_period_at(ms) : kNone;
    add({key_part(user), key_part(token), key_part(model), period, key_part(row.integer(4)),
         key_part(row.integer(5)), 0},
        {1, read_token_usage(row, 6), row.integer(12), row.integer(13)});
  }

  // The period's place in periods_. Rows come in order of time, so it is mostly that of the last.
  int32_t number_of_period_at(int64_t ms) {
    if (ms >= period_from_ms_ && ms < period_until_ms_) return period_number_;
    Period period = period_at({ms}, *period_kind_, query_.zone);
    period_from_ms_ = period.from.unix_ms;
    period_until_ms_ = period.until.unix_ms;
    const auto next = static_cast<int32_t>(periods_.size());
    const auto [place, is_new] = period_numbers_.try_emplace(period.label, next);
    if (is_new) periods_.push_back(std::move(period));
    period_number_ = place->second;
    return period_number_;
  }

  tl::unexpected<Error> fail_for_pruned() const {
    return fail(ErrorCode::kRefused,
                "single requests before " + format_minute({first_kept_id_ >> kRequestIdTimeShift}) +
                    " have been pruned, and only the sums of whole days (UTC) by user, token and "
                    "model are left of them: ask for such, or for a later time");
  }

  void add(Key key, const Sums& more) {
    const int32_t unit = unit_of(key[kUser]);
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
  int32_t unit_of(int32_t user) {
    const auto known = unit_of_user_.find(user);
    if (known != unit_of_user_.end()) return known->second;
    const std::string& code = names_.unit_of_user(user);
    const auto found = std::ranges::find(units_, code);
    const auto number = static_cast<int32_t>(found - units_.begin());
    if (found == units_.end()) units_.push_back(code);
    unit_of_user_.emplace(user, number);
    return number;
  }

  // Takes the sums apart on the way, so that a long report is not held twice.
  std::vector<UsageSummary> lines() {
    std::vector<UsageSummary> lines;
    lines.reserve(sums_.size());
    while (!sums_.empty()) {
      const auto node = sums_.extract(sums_.begin());
      lines.push_back(line_of(node.key(), node.mapped()));
    }
    std::ranges::sort(lines, {}, [](const UsageSummary& line) {
      return std::tie(line.period_start, line.period, line.user, line.token, line.model,
                      line.endpoint, line.status, line.unit.code);
    });
    return lines;
  }

  UsageSummary line_of(const Key& key, const Sums& sums) {
    UsageSummary line;
    if (groups_[kUser]) line.user = names_.user(key[kUser]);
    if (groups_[kToken]) line.token = names_.token_prefix(key[kToken]);
    if (groups_[kModel]) line.model = names_.name(key[kModel]);
    if (groups_[kPeriod]) {
      const Period& period = periods_[static_cast<size_t>(key[kPeriod])];
      line.period = period.label;
      line.period_start = period.start;
    }
    if (groups_[kEndpoint]) line.endpoint = names_.name(key[kEndpoint]);
    if (groups_[kStatus]) line.status = name_of(static_cast<UsageStatus>(key[kStatus]));
    line.unit = {units_[static_cast<size_t>(key[kUnit])]};
    line.requests = sums.requests;
    line.usage = sums.usage;
    line.cost = {sums.cost};
    line.written_off = {sums.written_off};
    return line;
  }

  Connection& connection_;
  const UsageQuery& query_;
  UsageNames names_;
  std::array<bool, kUnit> groups_{};
  std::optional<PeriodKind> period_kind_;
  int64_t model_id_ = UsageNames::kNoName;
  int64_t upstream_id_ = UsageNames::kNoName;
  int64_t first_kept_id_ = 0;
  std::vector<Period> periods_;
  std::unordered_map<std::string, int32_t> period_numbers_;  // by label
  int32_t period_number_ = kNone;  // of the moments in [period_from_ms_, period_until_ms_)
  int64_t period_from_ms_ = 0;
  int64_t period_until_ms_ = 0;
  std::vector<std::string> units_;
  std::unordered_map<int32_t, int32_t> unit_of_user_;
  std::unordered_map<Key, Sums, KeyHash> sums_;
  bool overflowed_ = false;
  bool is_pruned_ = false;
};

}  // namespace

Result<std::vector<UsageSummary>> SqliteStore::summarize_usage(const UsageQuery& query) {
  return connection_->read([&]() -> Result<std::vector<UsageSummary>> {
    const SmallCache small_cache(*connection_);
    return Report(*connection_, query).run();
  });
}

// Day by day, for the roll-up's key begins with the day.
std::vector<DailyCharge> select_daily_charges(Connection& connection, UserId user, int64_t from_day,
                                              int64_t until_day) {
  const KnownDays known = known_days(connection);
  const int64_t first_day = std::max(from_day, known.first);
  const int64_t end_day = std::min(until_day, known.last + 1);
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

}  // namespace chatgate::sqlite
