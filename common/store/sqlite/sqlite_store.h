// The books in one SQLite file. Made by open_store; tests make it with options of their own.
// The methods stand in the files beside this one: users, tokens, prices, ledger, books, usage,
// conversations, purge, prune, verify. Belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/store/sqlite/connection.h"
#include "common/store/store.h"

namespace chatgate::sqlite {

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& path,
                                             const ConnectionOptions& options);

  Result<User> add_user(const User& user, Money opening) override;
  Result<User> find_user(std::string_view name) override;
  Result<User> find_user(UserId id) override;
  Result<std::vector<User>> list_users() override;
  Result<void> set_user_blocked(UserId id, bool blocked) override;
  Result<void> rename_user(UserId id, std::string_view name) override;
  Result<void> set_password_hash(UserId id, std::string_view hash) override;
  Result<void> set_login(UserId id, std::string_view name, std::string_view hash) override;
  Result<void> set_model_settings(UserId id, std::string_view settings) override;
  Result<void> set_budget(UserId id, const std::optional<Budget>& budget) override;
  Result<void> set_user_limits(UserId id, const RequestLimits& limits) override;
  Result<void> archive_user(UserId id, Timestamp at) override;
  Result<void> unarchive_user(UserId id) override;
  Result<void> remove_user(UserId id, Timestamp at) override;
  Result<void> check_removable(UserId id) override;
  Result<LedgerEntry> credit(const Credit& credit) override;
  Result<std::vector<LedgerEntry>> list_ledger_entries(UserId user) override;
  Result<Statement> statement_of(UserId user) override;

  Result<ApiToken> add_token(const ApiToken& token) override;
  Result<void> for_each_token(std::optional<UserId> user,
                              const std::function<void(const ApiToken&)>& visit) override;
  Result<ApiToken> find_token(std::string_view id_or_prefix_or_token) override;
  Result<void> revoke_token(TokenId id, Timestamp at) override;

  Result<Price> add_price(const Price& price) override;
  Result<void> add_prices(std::span<const Price> prices, const ProgressReport& report) override;
  Result<std::vector<Price>> list_prices() override;

  Result<bool> changed_elsewhere() override;
  Result<Revision> for_each_change_since(Revision since, const ChangeVisitor& visitor) override;

  Result<std::vector<AccountBalance>> commit(const BookBatch& batch) override;
  Result<int64_t> sweep_holds(Timestamp now) override;
  Result<int64_t> sweep_holds_of_lane(int64_t lane, Timestamp now) override;
  Result<int64_t> count_open_holds() override;
  Result<void> probe() override;
  Result<RequestId> last_request_id() override;

  Result<std::vector<UsageSummary>> summarize_usage(const UsageQuery& query) override;
  Result<std::vector<RequestId>> list_requests_of_token(TokenId token, Timestamp from,
                                                        Timestamp until, size_t count_max) override;
  Result<std::vector<UsageRecord>> find_usage(std::span<const RequestId> ids) override;
  Result<std::vector<DailyCharge>> list_daily_charges(UserId user, int64_t from_day,
                                                      int64_t until_day) override;
  Result<std::vector<UsageEntry>> next_usage(const UsageFilter& filter, UsageCursor& cursor,
                                             size_t rows_max) override;
  Result<std::vector<UsageEntry>> booked_usage(const UsageFilter& filter,
                                               UsageMarks& marks) override;
  Result<Timestamp> usage_kept_from() override;
  Result<PrunedUsage> count_prunable_usage(Timestamp before, const ProgressReport& report) override;
  Result<PrunedUsage> prune_usage(Timestamp before, const ProgressReport& report) override;
  Result<MessageChain> find_chain(const ChainQuery& query) override;
  Result<std::vector<ConversationSummary>> next_conversations(std::optional<UserId> user,
                                                              Timestamp now,
                                                              ConversationCursor& cursor,
                                                              size_t rows_max) override;
  Result<ConversationSummary> find_conversation(std::string_view id_or_beginning,
                                                Timestamp now) override;
  Result<std::vector<Message>> next_messages(const std::string& conversation_id, Timestamp now,
                                             ConversationCursor& cursor, size_t rows_max) override;
  Result<MessageCounts> count_messages(const MessageFilter& filter) override;
  Result<MessageCounts> purge_messages(const MessageFilter& filter,
                                       const ProgressReport& report) override;
  Result<MessageCounts> purge_expired(Timestamp now, size_t rows_max) override;
  Result<std::vector<Discrepancy>> verify_books(const ProgressReport& report) override;

 private:
  explicit SqliteStore(std::unique_ptr<Connection> connection);

  // Within a transaction.
  std::vector<AccountBalance> book(const BookBatch& batch);
  std::vector<const UsageRecord*> record_usage(const BookBatch& batch);
  bool insert_usage(const UsageRecord& record, int64_t model_id, int64_t previous_id);
  void write_holds(const BookBatch& batch);
  std::vector<AccountBalance> charge_accounts(const BookBatch& batch,
                                              const std::vector<const UsageRecord*>& rows);
  Money charge(UserId user, Money sum);
  Result<int64_t> sweep(std::optional<int64_t> lane, Timestamp now);
  void write_turns(const BookBatch& batch, const std::vector<const UsageRecord*>& rows);
  Result<int64_t> prune_some(int64_t limit, PrunedUsage& pruned);  // a transaction of its own
  int64_t id_of_name(const std::string& name);

  std::unique_ptr<Connection> connection_;
  // What `names` holds, as far as this connection met it. Emptied when a transaction fails, since
  // it may have been the one that wrote a name.
  std::unordered_map<std::string, int64_t> name_ids_;
  int64_t data_version_ = 0;
  bool last_commit_failed_ = false;
};

// --- shared by the files of this folder ----------------------------------------------------------

// Raises the change counter; the new number goes into the changed row. Within a write transaction.
Revision next_revision(Connection& connection);

// The rows changed after a revision, each read by the file that knows its columns.
void visit_changed_users(Connection& connection, Revision since, const ChangeVisitor& visitor);
void visit_changed_tokens(Connection& connection, Revision since, const ChangeVisitor& visitor);
void visit_changed_prices(Connection& connection, Revision since, const ChangeVisitor& visitor);
std::optional<User> select_user(Connection& connection, UserId id);
std::vector<LedgerEntry> select_entries(Connection& connection, UserId user);
std::vector<DailyCharge> select_daily_charges(Connection& connection, UserId user, int64_t from_day,
                                              int64_t until_day);
// Revokes all of an account's tokens.
void revoke_tokens(Connection& connection, UserId user, Timestamp at, Revision revision);
std::vector<Price> select_prices(Connection& connection);

// Books an entry and moves the balance by it, after the rules have been checked.
LedgerEntry book_entry(Connection& connection, const User& user, const Credit& credit,
                       std::string_view kind);

// For an id that no row of users has.
// kRefused for an archived account.
Result<void> check_not_archived(const User& user);
inline tl::unexpected<Error> no_user(UserId id) {
  return fail(ErrorCode::kNotFound, "there is no user with the id " + std::to_string(id.value));
}

constexpr int64_t kDayMs = kMsPerDay;
inline int64_t first_id_of_day(int64_t day) { return (day * kDayMs) << kRequestIdTimeShift; }
// The id before which rows have been pruned.
int64_t first_kept_id(Connection& connection);

}  // namespace chatgate::sqlite
