// All that the program may ask of a database. One Store is one connection and belongs to one
// thread at a time; open several for several threads or processes. Every call is one transaction
// and blocks its thread, so a coroutine never calls a Store: the gateway's writer thread does.
// Failures: kStoreUnavailable (locked for longer than the busy timeout, disk full, unreadable),
// kNotFound, kAlreadyExists, kRefused; the message says which value and what to do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/clock.h"
#include "common/domain/api_token.h"
#include "common/domain/message.h"
#include "common/domain/price.h"
#include "common/domain/usage_record.h"
#include "common/domain/user.h"
#include "common/progress.h"
#include "common/result.h"
#include "common/store/conversation_query.h"
#include "common/text/time_zone.h"

namespace chatgate {

// Counts changes that people make to users, tokens and prices; each changed row carries the count
// of its latest change. The gateway's own charges do not count.
using Revision = int64_t;

struct LedgerEntry {
  int64_t id = 0;
  UserId user_id;
  std::string kind;  // "credit" or "adjustment"
  Money amount;
  Money balance_after;
  std::string note;
  Timestamp created_at;
  bool is_repeated = false;  // as Store::credit returns it: booked before, by the same key
};

struct Credit {
  UserId user_id;
  Money amount;
  bool is_adjustment = false;  // only an adjustment may be negative
  std::string note;
  std::string idempotency_key;  // empty: none. A repeated key returns the first entry again.
  Timestamp created_at;
};

// Everything that made an account's balance, as of one moment.
struct Statement {
  Money balance;
  std::vector<LedgerEntry> entries;  // in order of id
  std::vector<DailyCharge> charges;  // in order of day
};

// What the gateway's writer commits at once.
struct Settlement {
  Hold hold;
  std::optional<UsageRecord> usage;       // absent: the hold is released and nothing is recorded
  std::shared_ptr<const Turn> turn = {};  // what was said, kept when `usage` is booked; mostly null
  // For the metrics alone; no store keeps them.
  std::string_view door = {};  // static text
  Unit unit = {};              // that the cost is counted in
};
struct BookBatch {
  std::vector<Hold> opened;  // those settled within the same batch are never written
  std::vector<Settlement> settled;
  bool empty() const { return opened.empty() && settled.empty(); }
};
struct AccountBalance {
  UserId user_id;
  Money balance;
};

// Rows that changed since a revision, handed over one by one so that a million fit in no memory.
struct ChangeVisitor {
  std::function<void(const User&)> user;
  std::function<void(const ApiToken&)> token;
  std::function<void(const Price&)> price;
};

// Which usage rows: those that began in [from, until) and whose fields are as given.
struct UsageFilter {
  Timestamp from;
  Timestamp until;
  std::optional<UserId> user;
  std::optional<TokenId> token;
  std::optional<std::string> model;
  std::optional<std::string> upstream;  // by its configured name; read from each row
};

// Of several periods the shortest counts.
enum class UsageDimension : uint8_t {
  kUser,
  kToken,
  kModel,
  kDay,
  kHour,
  kEndpoint,
  kStatus,
  kWeek,
  kMonth
};

struct UsageQuery : UsageFilter {
  std::vector<UsageDimension> group_by;  // empty: one row for each unit
  TimeZone zone;                         // whose days, weeks, ... the periods are
};

// One line of a report. Only the grouped dimensions are filled. Money is summed per unit, so two
// units never share a row.
struct UsageSummary {
  std::string user;
  std::string token;  // the token's prefix
  std::string model;
  std::string period;  // see Period::label in common/text/period.h
  Timestamp period_start;
  std::string endpoint;
  std::string status;
  Unit unit;
  int64_t requests = 0;
  TokenUsage usage;
  Money cost;
  Money written_off;
};

// A usage row with what its numbers stand for.
struct UsageEntry {
  UsageRecord record;
  std::string user;
  std::string token;  // the token's prefix; empty for a row swept after a crash
  Unit unit;
};

// How far a reader of usage rows has come. It starts as it is made here.
struct UsageCursor {
  bool newest_first = false;
  bool is_at_end = false;
  std::optional<RequestId> last_read;
};

// What a follower of the books has seen: the latest row of each line of the daily roll-up.
struct UsageMarks {
  bool are_set = false;
  std::unordered_set<int64_t> last_ids;
};

// A broken invariant of the books, in words.
struct Discrepancy {
  std::string invariant;
  std::string detail;
};

// Usage rows that were, or could be, given up for space.
struct PrunedUsage {
  int64_t rows = 0;
  int64_t days = 0;      // that have no rows left, UTC
  int64_t bytes = 0;     // free for other rows; `db vacuum` gives them back to the disk
  Timestamp kept_from;   // rows that began earlier are gone
  bool stopped = false;  // the report asked for it: more could have been pruned
};

class Store {
 public:
  virtual ~Store() = default;

  // --- users ---------------------------------------------------------------------------------
  // Adds `user` (id, balance and revision are set here) with `opening` as its first credit when
  // not zero. kAlreadyExists for a taken name.
  virtual Result<User> add_user(const User& user, Money opening) = 0;
  virtual Result<User> find_user(std::string_view name) = 0;
  virtual Result<User> find_user(UserId id) = 0;
  // In order of name; the archived ones are among them.
  virtual Result<std::vector<User>> list_users() = 0;
  // kRefused for an archived account that is to be let in.
  virtual Result<void> set_user_blocked(UserId id, bool blocked) = 0;
  virtual Result<void> rename_user(UserId id, std::string_view name) = 0;
  virtual Result<void> set_password_hash(UserId id, std::string_view hash) = 0;
  // Name and password at once. kAlreadyExists for another account's name.
  virtual Result<void> set_login(UserId id, std::string_view name, std::string_view hash) = 0;
  virtual Result<void> set_model_settings(UserId id, std::string_view settings) = 0;
  // kRefused for an archived account.
  virtual Result<void> set_budget(UserId id, const std::optional<Budget>& budget) = 0;
  // kRefused for an archived account, kInvalidArgument for a limit below zero.
  virtual Result<void> set_user_limits(UserId id, const RequestLimits& limits) = 0;
  // From then on it is refused, and its tokens are revoked; whether it is blocked besides is kept.
  // One archived before keeps its time. Its conversations are purged, after that and bit by bit.
  virtual Result<void> archive_user(UserId id, Timestamp at) = 0;
  // Ends that; the tokens stay revoked, and one that was blocked stays so.
  virtual Result<void> unarchive_user(UserId id) = 0;
  // Removes an account that left no trace in the books, with its tokens, and frees its name.
  // Neither id is used again. kRefused when it has ledger entries, usage or running requests.
  virtual Result<void> remove_user(UserId id, Timestamp at) = 0;
  // Whether remove_user would do it now.
  virtual Result<void> check_removable(UserId id) = 0;
  // The entry as booked, or the first one of a repeated key. An adjustment below zero or below the
  // open holds is kRefused, as is an archived account; a key of another entry is kAlreadyExists.
  virtual Result<LedgerEntry> credit(const Credit& credit) = 0;
  virtual Result<std::vector<LedgerEntry>> list_ledger_entries(UserId user) = 0;
  virtual Result<Statement> statement_of(UserId user) = 0;

  // --- tokens --------------------------------------------------------------------------------
  // kRefused for an archived account.
  virtual Result<ApiToken> add_token(const ApiToken& token) = 0;
  // Visits in order of id; all users' when `user` is empty. Reads some at a time, each time in a
  // transaction of its own, so that a slow visitor holds nothing up and may call this store.
  virtual Result<void> for_each_token(std::optional<UserId> user,
                                      const std::function<void(const ApiToken&)>& visit) = 0;
  // By id in decimal, by the whole token, or by a prefix that is unique; an ambiguous prefix is
  // kInvalidArgument.
  virtual Result<ApiToken> find_token(std::string_view id_or_prefix_or_token) = 0;
  // From `at` on, which may lie ahead. The earlier one of two times stands.
  virtual Result<void> revoke_token(TokenId id, Timestamp at) = 0;

  // --- prices --------------------------------------------------------------------------------
  virtual Result<Price> add_price(const Price& price) = 0;
  // All of them in one transaction, or none. `report` is told of rows.
  virtual Result<void> add_prices(std::span<const Price> prices, const ProgressReport& report) = 0;
  // Every row, in order of model, currency, effective_from.
  virtual Result<std::vector<Price>> list_prices() = 0;

  // --- the gateway's snapshots -----------------------------------------------------------------
  // Whether another connection has committed since the last call on this one. Costs microseconds.
  virtual Result<bool> changed_elsewhere() = 0;
  // Visits users, tokens and prices changed after `since` (0: all) and returns the revision
  // reached. Balances are those committed at the moment of the call.
  virtual Result<Revision> for_each_change_since(Revision since, const ChangeVisitor& visitor) = 0;

  // --- the books -------------------------------------------------------------------------------
  // Commits a group durably: holds, usage rows, charges, roll-ups. All or nothing; returns the new
  // balance of every account that was charged. A usage row whose id is already in the books is
  // skipped whole, its turn too, so that a batch may be tried again. A turn begins its conversation
  // where there is none of that id; that of an account archived meanwhile is dropped. kRefused,
  // with nothing written, for a row that no book can hold: a count above kTokenCountMax, an unknown
  // user, token or price. Trying such a batch again cannot help; the message names the request.
  virtual Result<std::vector<AccountBalance>> commit(const BookBatch& batch) = 0;
  // Ends every hold that a dead gateway left: a usage row of kInterrupted and no cost for each.
  // REQUIRES: no gateway is running on this database. Returns how many there were.
  virtual Result<int64_t> sweep_holds(Timestamp now) = 0;
  // The same for the requests of one lane (see kRequestLanes). REQUIRES: the process whose lane it
  // was is gone.
  virtual Result<int64_t> sweep_holds_of_lane(int64_t lane, Timestamp now) = 0;
  virtual Result<int64_t> count_open_holds() = 0;
  // Commits a change of no meaning, to learn whether the database can be written.
  virtual Result<void> probe() = 0;
  // The greatest request id in the books; 0 when there is none. New ones must be greater, even if
  // the clock was set back meanwhile.
  virtual Result<RequestId> last_request_id() = 0;

  // --- usage -----------------------------------------------------------------------------------
  virtual Result<std::vector<UsageSummary>> summarize_usage(const UsageQuery& query) = 0;
  // A token's requests that began in [from, until), oldest first; of more than `count_max` the
  // latest. Reads every row in between, and keeps two numbers for each that it returns.
  virtual Result<std::vector<RequestId>> list_requests_of_token(TokenId token, Timestamp from,
                                                                Timestamp until,
                                                                size_t count_max) = 0;
  // The rows of these requests, in their order; without those that are not in the books.
  virtual Result<std::vector<UsageRecord>> find_usage(std::span<const RequestId> ids) = 0;
  // What the requests of each day in [from_day, until_day) cost, in order; days without any are
  // left out.
  virtual Result<std::vector<DailyCharge>> list_daily_charges(UserId user, int64_t from_day,
                                                              int64_t until_day) = 0;
  // The next rows in order of id, and so of their requests' beginning; at most `rows_max` are
  // looked at, so a page may be empty before the end. A transaction for each page: a reader that
  // takes its time holds nothing back, and rows are never changed.
  virtual Result<std::vector<UsageEntry>> next_usage(const UsageFilter& filter, UsageCursor& cursor,
                                                     size_t rows_max) = 0;
  // The rows booked since the last call with these marks, in order of id, none by the first call.
  // Rows are booked when their requests end: however late that is, none is missed of the requests
  // that began on the day (UTC) of `filter.from` or after. REQUIRES: the rest of `filter` is the
  // same in each call.
  virtual Result<std::vector<UsageEntry>> booked_usage(const UsageFilter& filter,
                                                       UsageMarks& marks) = 0;
  // Rows that began earlier have been pruned: of that time the days' sums alone are known. The
  // beginning of time when nothing was.
  virtual Result<Timestamp> usage_kept_from() = 0;
  // What prune_usage(before) would do.
  virtual Result<PrunedUsage> count_prunable_usage(Timestamp before,
                                                   const ProgressReport& report) = 0;
  // Deletes the rows of the whole UTC days before `before`, oldest first, in transactions so short
  // that a gateway beside it does not notice. Rows as old as an open hold stay.
  // REQUIRES: nothing that is still read by row (/data/week) is older than `before`.
  virtual Result<PrunedUsage> prune_usage(Timestamp before, const ProgressReport& report) = 0;

  // --- conversations -------------------------------------------------------------------------
  // kNotFound alike for what is unknown, over or another account's: nobody learns which ids exist.
  // Ends at the first message that is over.
  virtual Result<MessageChain> find_chain(const ChainQuery& query) = 0;
  // The next ones in order of their beginning, at most `rows_max` looked at: a page may be empty
  // before the end. Those of which all is over are left out.
  virtual Result<std::vector<ConversationSummary>> next_conversations(std::optional<UserId> user,
                                                                      Timestamp now,
                                                                      ConversationCursor& cursor,
                                                                      size_t rows_max) = 0;
  // By id, or by the beginning of one, if only one begins so; kInvalidArgument for an ambiguous
  // one.
  virtual Result<ConversationSummary> find_conversation(std::string_view id_or_beginning,
                                                        Timestamp now) = 0;
  // A conversation's next messages in the order in which they were added: each after its parent.
  // None for an unknown conversation.
  virtual Result<std::vector<Message>> next_messages(const std::string& conversation_id,
                                                     Timestamp now, ConversationCursor& cursor,
                                                     size_t rows_max) = 0;
  virtual Result<MessageCounts> count_messages(const MessageFilter& filter) = 0;
  // Deletes messages, and conversations that become empty, in transactions so short that a gateway
  // beside it does not notice; overwrites them in the file. `report` is told of messages.
  virtual Result<MessageCounts> purge_messages(const MessageFilter& filter,
                                               const ProgressReport& report) = 0;
  // One such transaction: at most `rows_max` messages whose time is over, oldest first. Writes
  // nothing when there are none. Fewer than `rows_max`: none are left.
  virtual Result<MessageCounts> purge_expired(Timestamp now, size_t rows_max) = 0;

  // Every invariant of the books checked; empty when all hold. Reports usage rows, each counted
  // twice: within the file's check and within the books'. Reads one snapshot, as it must, so that
  // meanwhile a busy gateway's log grows instead of being used anew.
  virtual Result<std::vector<Discrepancy>> verify_books(const ProgressReport& report) = 0;
};

}  // namespace chatgate
