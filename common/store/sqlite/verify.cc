// Proves the books: everything that is kept as a sum is summed again from the rows it was made of,
// and every cost is computed again. One snapshot, one pass over the usage rows in order of time;
// what is held in memory grows with the accounts and with one day's roll-up, not with the rows.
//
// Of days whose rows were pruned the roll-up is all there is, so there it is what balances are
// proved with. A prune that was stopped, or that runs, leaves a day of which the older rows are
// gone: there the roll-up must be at least what the rest of the rows sums up to.

#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "common/store/sqlite/maintenance.h"
#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kSelectAccounts = "SELECT id, name, unit, balance, unmetered FROM users";
constexpr const char* kSelectEntries = "SELECT id, user_id, amount FROM ledger_entries";
constexpr const char* kSelectRepeatedKeys =
    "SELECT idempotency_key FROM ledger_entries NOT INDEXED "
    "WHERE idempotency_key IS NOT NULL GROUP BY idempotency_key HAVING count(*) > 1";
constexpr const char* kSelectUsage =
    "SELECT id, user_id, token_id, price_id, model_id, status, prompt, cached_prompt, "
    "audio_prompt, completion, reasoning_completion, audio_completion, rate, cost, written_off, "
    "previous_id FROM usage ORDER BY id";
constexpr const char* kSelectDays = "SELECT DISTINCT day FROM usage_daily WHERE day >= ?";
constexpr const char* kSelectPrunedCosts = "SELECT user_id, cost FROM usage_daily WHERE day < ?";
constexpr const char* kCountRows =
    "SELECT coalesce(sum(requests), 0) FROM usage_daily WHERE day >= ?";
constexpr const char* kSelectLinesOfDay =
    "SELECT user_id, token_id, model_id, requests, prompt, cached_prompt, audio_prompt, "
    "completion, reasoning_completion, audio_completion, cost, written_off, last_id "
    "FROM usage_daily WHERE day = ?";
constexpr const char* kSelectSettledHolds =
    "SELECT request_id FROM holds WHERE request_id IN (SELECT id FROM usage)";
constexpr const char* kSelectEmptyConversations =
    "SELECT id FROM conversations WHERE NOT EXISTS "
    "(SELECT 1 FROM messages WHERE conversation = conversations.number)";
constexpr const char* kSelectLateRevisions =
    "SELECT 'user ' || id FROM users WHERE revision > (SELECT revision FROM change_counter) "
    "UNION ALL "
    "SELECT 'token ' || id FROM tokens WHERE revision > (SELECT revision FROM change_counter) "
    "UNION ALL "
    "SELECT 'price ' || id FROM prices WHERE revision > (SELECT revision FROM change_counter)";

using int128 = __int128;

// Of one kind of discrepancy, no more are told: a broken table would drown everything else.
constexpr int64_t kToldOfOneKind = 20;

struct Account {
  std::string name;
  Unit unit;
  Money balance;
  bool unmetered = false;
  bool was_lowered = false;  // by an adjustment, which alone may leave a balance below zero
  int128 credits = 0;
  int128 costs = 0;
};

using LineKey = std::tuple<int64_t, int64_t, int64_t>;  // user, token, model

struct Line {
  int64_t requests = 0;
  TokenUsage usage;
  int128 cost = 0;
  int128 written_off = 0;
  // The sum of all ids less that of all previous ids, modulo 2^64. When every row but the latest is
  // the previous of exactly one other, it is the latest one's id.
  uint64_t chain = 0;

  bool operator==(const Line&) const = default;
  bool is_at_least(const Line& part) const {
    const TokenUsage& less = part.usage;
    return requests >= part.requests && cost >= part.cost && written_off >= part.written_off &&
           usage.prompt >= less.prompt && usage.cached_prompt >= less.cached_prompt &&
           usage.audio_prompt >= less.audio_prompt && usage.completion >= less.completion &&
           usage.reasoning_completion >= less.reasoning_completion &&
           usage.audio_completion >= less.audio_completion;
  }
};

int128 capped(int128 sum) { return sum > INT64_MAX ? INT64_MAX : sum; }

std::string text_of(int128 value) {
  const bool is_negative = value < 0;
  auto rest =
      is_negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  return is_negative ? "-" + text : text;
}

// One usage row, as far as the books depend on it.
struct UsageRow {
  explicit UsageRow(const Query& row)
      : id{row.integer(0)},
        user_id(row.integer(1)),
        token_id(row.optional_integer(2).value_or(0)),
        price_id(row.optional_integer(3).value_or(0)),
        model_id(row.integer(4)),
        status(static_cast<UsageStatus>(row.integer(5))),
        usage{row.integer(6), row.integer(7),  row.integer(8),
              row.integer(9), row.integer(10), row.integer(11)},
        rate{row.integer(12)},
        cost(row.integer(13)),
        written_off(row.integer(14)),
        previous_id(row.integer(15)) {}

  RequestId id;
  int64_t user_id;
  int64_t token_id;
  int64_t price_id;
  int64_t model_id;
  UsageStatus status;
  TokenUsage usage;
  ExchangeRate rate;
  int64_t cost;
  int64_t written_off;
  int64_t previous_id;
};

class Verifier {
 public:
  Verifier(Connection& connection, const ProgressReport& report)
      : connection_(connection), report_(report) {}

  std::vector<Discrepancy> run() {
    find_what_is_kept();
    check_file();
    const ProgressReport report = part_of(report_, 1, 2, expected_);
    const Watch watch(connection_.handle(), [&] { return sqlite::tell(report, rows_, expected_); });
    read_accounts_and_prices();
    check_usage();
    check_balances();
    check_holds();
    tell_each(kSelectRepeatedKeys, "an idempotency key is booked once", "booked twice: ");
    tell_each(kSelectEmptyConversations, "every conversation has messages", "empty: ");
    tell_each(kSelectLateRevisions, "no revision is ahead of the counter", "ahead: ");
    return std::move(found_);
  }

 private:
  void tell(const std::string& invariant, std::string detail) {
    const int64_t told = ++told_[invariant];
    if (told > kToldOfOneKind) return;
    if (told == kToldOfOneKind) detail += " (and perhaps more, which are not listed)";
    found_.push_back({invariant, std::move(detail)});
  }

  void find_what_is_kept() {
    first_id_ = first_kept_id(connection_);
    const int64_t day = day_of(RequestId{first_id_});
    first_whole_day_ = first_id_ > first_id_of_day(day) ? day + 1 : day;
    Query count = connection_.query(kCountRows, day);
    count.step();
    expected_ = std::max<int64_t>(count.integer(0), 1);
  }

  void tell_each(const char* sql, const std::string& invariant, const std::string& beginning) {
    Query row = connection_.query(sql);
    while (row.step()) tell(invariant, beginning + row.text(0));
  }

  void check_file() {
    for (Discrepancy& each : sqlite::check_file(connection_, part_of(report_, 0, 2, expected_))) {
      found_.push_back(std::move(each));
    }
  }

  void read_accounts_and_prices() {
    Query user = connection_.query(kSelectAccounts);
    while (user.step()) {
      Account& account = accounts_[user.integer(0)];
      account.name = user.text(1);
      account.unit = {user.text(2)};
      account.balance = {user.integer(3)};
      account.unmetered = user.boolean(4);
    }
    Query entry = connection_.query(kSelectEntries);
    while (entry.step()) {
      Account& account = accounts_[entry.integer(1)];
      account.credits += entry.integer(2);
      account.was_lowered |= entry.integer(2) < 0;
    }
    for (Price& price : select_prices(connection_)) {
      prices_.emplace(price.id.value, std::move(price));
    }
  }

  void check_usage() {
    Query pruned = connection_.query(kSelectPrunedCosts, first_whole_day_);
    while (pruned.step()) accounts_[pruned.integer(0)].costs += pruned.integer(1);
    Query days = connection_.query(kSelectDays, first_whole_day_);
    while (days.step()) unseen_days_.insert(days.integer(0));
    int64_t day = -1;
    Query row = connection_.query(kSelectUsage);
    while (row.step()) {
      const UsageRow usage(row);
      ++rows_;
      if (usage.id.value < first_id_) tell(kPruned, format_request_id(usage.id) + " is there");
      if (day_of(usage.id) != day) {
        check_day(day);
        day = day_of(usage.id);
      }
      check_cost(usage);
      if (day >= first_whole_day_) accounts_[usage.user_id].costs += usage.cost;
      add_to_line(usage);
    }
    check_day(day);
    for (const int64_t unseen : unseen_days_) check_day(unseen);
  }

  void add_to_line(const UsageRow& row) {
    Line& line = lines_[{row.user_id, row.token_id, row.model_id}];
    ++line.requests;
    line.usage += row.usage;
    line.cost += row.cost;
    line.written_off += row.written_off;
    line.chain += static_cast<uint64_t>(row.id.value) - static_cast<uint64_t>(row.previous_id);
  }

  // Compares the roll-up of a day with the lines summed from its rows, and forgets these.
  void check_day(int64_t day) {
    unseen_days_.erase(day);
    const bool is_whole = day >= first_whole_day_;
    Query row = connection_.query(kSelectLinesOfDay, day);
    while (row.step()) {
      Line kept;
      kept.requests = row.integer(3);
      kept.usage = {row.integer(4), row.integer(5), row.integer(6),
                    row.integer(7), row.integer(8), row.integer(9)};
      kept.cost = row.integer(10);
      kept.written_off = row.integer(11);
      kept.chain = static_cast<uint64_t>(row.integer(12));
      const LineKey key{row.integer(0), row.integer(1), row.integer(2)};
      const auto summed = lines_.find(key);
      if (summed == lines_.end()) {
        if (is_whole) tell(kRollUp, line_name(day, key) + " has no usage rows");
        continue;
      }
      summed->second.cost = capped(summed->second.cost);
      summed->second.written_off = capped(summed->second.written_off);
      const bool agrees = is_whole ? summed->second == kept : kept.is_at_least(summed->second);
      if (!agrees) tell_line(day, key, kept, summed->second);
      lines_.erase(summed);
    }
    for (const auto& [key, line] : lines_) tell(kRollUp, line_name(day, key) + " is missing");
    lines_.clear();
  }

  void tell_line(int64_t day, const LineKey& key, const Line& kept, const Line& summed) {
    std::string detail = line_name(day, key) + ": ";
    if (kept.requests != summed.requests) {
      detail += std::to_string(kept.requests) + " requests kept, " +
                std::to_string(summed.requests) + " counted";
    } else if (kept.cost != summed.cost) {
      detail += "cost " + text_of(kept.cost) + " kept, " + text_of(summed.cost) + " summed";
    } else if (kept.usage != summed.usage || kept.written_off != summed.written_off) {
      detail += "tokens or written-off cost differ";
    } else {
      detail += "its rows are not all linked";
    }
    tell(kRollUp, std::move(detail));
  }

  static std::string line_name(int64_t day, const LineKey& key) {
    const auto& [user, token, model] = key;
    return "day " + std::to_string(day) + ", user " + std::to_string(user) + ", token " +
           std::to_string(token) + ", model " + std::to_string(model);
  }

  void check_cost(const UsageRow& row) {
    const int128 total = static_cast<int128>(row.cost) + row.written_off;
    if (row.status == UsageStatus::kFailed || row.status == UsageStatus::kInterrupted) {
      if (total != 0) tell(kCost, format_request_id(row.id) + " failed and costs something");
      return;
    }
    if (row.status != UsageStatus::kCompleted) return;  // what was seen of it is an estimate
    const std::optional<Money> expected = expected_cost(row);
    if (expected && expected->nanos == total) return;
    tell(kCost, format_request_id(row.id) + " costs " + text_of(total) + ", its counts make " +
                    (expected ? text_of(expected->nanos) : "nothing that can be counted"));
  }

  std::optional<Money> expected_cost(const UsageRow& row) const {
    if (row.price_id == 0) return Money{};
    const auto price = prices_.find(row.price_id);
    const auto account = accounts_.find(row.user_id);
    if (price == prices_.end() || account == accounts_.end()) return std::nullopt;
    return cost_of(row.usage, price->second, account->second.unit, row.rate);
  }

  void check_balances() {
    for (const auto& [id, account] : accounts_) {
      const std::string name = "user " + std::to_string(id) + " " + in_quotes(account.name);
      const int128 expected = account.credits - account.costs;
      if (expected != account.balance.nanos) {
        tell("balance = credits - costs", name + ": balance " + text_of(account.balance.nanos) +
                                              ", credits " + text_of(account.credits) + ", costs " +
                                              text_of(account.costs));
      }
      if (account.balance.is_negative() && !account.unmetered && !account.was_lowered) {
        tell("a metered balance is not below zero",
             name + ": balance " + text_of(account.balance.nanos));
      }
    }
  }

  void check_holds() {
    Query hold = connection_.query(kSelectSettledHolds);
    while (hold.step()) {
      tell("a hold ends with its request",
           format_request_id({hold.integer(0)}) + " is settled and still held");
    }
  }

  static constexpr const char* kRollUp = "daily roll-up = sum of usage";
  static constexpr const char* kCost = "cost = counts x price";
  static constexpr const char* kPruned = "no row is older than those that were pruned";

  Connection& connection_;
  const ProgressReport& report_;
  int64_t first_id_ = 0;         // rows before it have been pruned
  int64_t first_whole_day_ = 0;  // all of whose rows are kept
  int64_t expected_ = 1;         // rows
  int64_t rows_ = 0;
  std::vector<Discrepancy> found_;
  std::unordered_map<std::string, int64_t> told_;
  std::unordered_map<int64_t, Account> accounts_;
  std::unordered_map<int64_t, Price> prices_;
  std::map<LineKey, Line> lines_;
  std::set<int64_t> unseen_days_;
};

}  // namespace

Result<std::vector<Discrepancy>> SqliteStore::verify_books(const ProgressReport& report) {
  return connection_->read(
      [&]() -> Result<std::vector<Discrepancy>> { return Verifier(*connection_, report).run(); });
}

}  // namespace chatgate::sqlite
