// The books in one SQLite file. Made by open_store; tests make it with options of their own.
// The methods stand in the files beside this one: users, tokens, prices, ledger, books, usage,
// verify. Belongs to one thread at a time.
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
  Result<std::vector<User>> list_users() override;
  Result<void> set_user_blocked(UserId id, bool blocked) override;
  Result<LedgerEntry> credit(const Credit& credit) override;
  Result<std::vector<LedgerEntry>> list_ledger_entries(UserId user) override;

  Result<ApiToken> add_token(const ApiToken& token) override;
  Result<void> for_each_token(std::optional<UserId> user,
                              const std::function<void(const ApiToken&)>& visit) override;
  Result<ApiToken> find_token(std::string_view id_or_prefix_or_token) override;
  Result<void> revoke_token(TokenId id, Timestamp at) override;

  Result<Price> add_price(const Price& price) override;
  Result<std::vector<Price>> list_prices() override;

  Result<bool> changed_elsewhere() override;
  Result<Revision> for_each_change_since(Revision since, const ChangeVisitor& visitor) override;

  Result<std::vector<AccountBalance>> commit(const BookBatch& batch) override;
  Result<int64_t> sweep_holds(Timestamp now) override;
  Result<int64_t> count_open_holds() override;
  Result<void> probe() override;
  Result<RequestId> last_request_id() override;

  Result<std::vector<UsageSummary>> summarize_usage(const UsageQuery& query) override;
  Result<std::vector<UsageEntry>> next_usage(const UsageFilter& filter, UsageCursor& cursor,
                                             size_t rows_max) override;
  Result<std::vector<UsageEntry>> booked_usage(const UsageFilter& filter,
                                               UsageMarks& marks) override;
  Result<std::vector<UsageRecord>> list_usage_of_token(TokenId token, Timestamp from,
                                                       Timestamp until) override;
  Result<std::vector<Discrepancy>> verify_books() override;

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
std::vector<Price> select_prices(Connection& connection);

// Books an entry and moves the balance by it, after the rules have been checked.
LedgerEntry book_entry(Connection& connection, const User& user, const Credit& credit,
                       std::string_view kind);

constexpr int64_t kDayMs = 86'400'000;
inline int64_t day_of(RequestId id) { return (id.value >> kRequestIdTimeShift) / kDayMs; }

}  // namespace chatgate::sqlite
