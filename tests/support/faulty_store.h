// A store that fails on command and otherwise passes every call on to a real one.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "common/store/store.h"

namespace chatgate {

class FaultyStore final : public Store {
 public:
  // The error that a commit of this batch meets; nothing: it goes through. Any thread may change
  // it.
  using Fault = std::function<std::optional<Error>(const BookBatch&)>;

  FaultyStore(std::unique_ptr<Store> store, Fault fault)
      : store_(std::move(store)), fault_(std::move(fault)) {}

  Result<std::vector<AccountBalance>> commit(const BookBatch& batch) override {
    if (auto error = fault_(batch)) return tl::unexpected(*std::move(error));
    return store_->commit(batch);
  }
  Result<void> probe() override {
    if (auto error = fault_({})) return tl::unexpected(*std::move(error));
    return store_->probe();
  }

  Result<User> add_user(const User& user, Money opening) override {
    return store_->add_user(user, opening);
  }
  Result<User> find_user(std::string_view name) override { return store_->find_user(name); }
  Result<User> find_user(UserId id) override { return store_->find_user(id); }
  Result<std::vector<User>> list_users() override { return store_->list_users(); }
  Result<void> set_user_blocked(UserId id, bool blocked) override {
    return store_->set_user_blocked(id, blocked);
  }
  Result<void> rename_user(UserId id, std::string_view name) override {
    return store_->rename_user(id, name);
  }
  Result<void> set_password_hash(UserId id, std::string_view hash) override {
    return store_->set_password_hash(id, hash);
  }
  Result<void> set_login(UserId id, std::string_view name, std::string_view hash) override {
    return store_->set_login(id, name, hash);
  }
  Result<void> set_model_settings(UserId id, std::string_view settings) override {
    return store_->set_model_settings(id, settings);
  }
  Result<void> set_budget(UserId id, const std::optional<Budget>& budget) override {
    return store_->set_budget(id, budget);
  }
  Result<void> set_user_limits(UserId id, const RequestLimits& limits) override {
    return store_->set_user_limits(id, limits);
  }
  Result<void> archive_user(UserId id, Timestamp at) override {
    return store_->archive_user(id, at);
  }
  Result<void> unarchive_user(UserId id) override { return store_->unarchive_user(id); }
  Result<void> check_removable(UserId id) override { return store_->check_removable(id); }
  Result<void> remove_user(UserId id, Timestamp at) override { return store_->remove_user(id, at); }
  Result<LedgerEntry> credit(const Credit& credit) override { return store_->credit(credit); }
  Result<std::vector<LedgerEntry>> list_ledger_entries(UserId user) override {
    return store_->list_ledger_entries(user);
  }
  Result<Statement> statement_of(UserId user) override { return store_->statement_of(user); }
  Result<ApiToken> add_token(const ApiToken& token) override { return store_->add_token(token); }
  Result<void> for_each_token(std::optional<UserId> user,
                              const std::function<void(const ApiToken&)>& visit) override {
    return store_->for_each_token(user, visit);
  }
  Result<ApiToken> find_token(std::string_view name) override { return store_->find_token(name); }
  Result<void> revoke_token(TokenId id, Timestamp at) override {
    return store_->revoke_token(id, at);
  }
  Result<Price> add_price(const Price& price) override { return store_->add_price(price); }
  Result<void> add_prices(std::span<const Price> prices, const ProgressReport& report) override {
    return store_->add_prices(prices, report);
  }
  Result<std::vector<Price>> list_prices() override { return store_->list_prices(); }
  Result<bool> changed_elsewhere() override { return store_->changed_elsewhere(); }
  Result<Revision> for_each_change_since(Revision since, const ChangeVisitor& visitor) override {
    return store_->for_each_change_since(since, visitor);
  }
  Result<int64_t> sweep_holds(Timestamp now) override { return store_->sweep_holds(now); }
  Result<int64_t> sweep_holds_of_lane(int64_t lane, Timestamp now) override {
    return store_->sweep_holds_of_lane(lane, now);
  }
  Result<int64_t> count_open_holds() override { return store_->count_open_holds(); }
  Result<RequestId> last_request_id() override { return store_->last_request_id(); }
  Result<std::vector<UsageSummary>> summarize_usage(const UsageQuery& query) override {
    return store_->summarize_usage(query);
  }
  Result<std::vector<RequestId>> list_requests_of_token(TokenId token, Timestamp from,
                                                        Timestamp until,
                                                        size_t count_max) override {
    return store_->list_requests_of_token(token, from, until, count_max);
  }
  Result<std::vector<UsageRecord>> find_usage(std::span<const RequestId> ids) override {
    return store_->find_usage(ids);
  }
  Result<std::vector<DailyCharge>> list_daily_charges(UserId user, int64_t from_day,
                                                      int64_t until_day) override {
    return store_->list_daily_charges(user, from_day, until_day);
  }
  Result<std::vector<UsageEntry>> next_usage(const UsageFilter& filter, UsageCursor& cursor,
                                             size_t rows_max) override {
    return store_->next_usage(filter, cursor, rows_max);
  }
  Result<std::vector<UsageEntry>> booked_usage(const UsageFilter& filter,
                                               UsageMarks& marks) override {
    return store_->booked_usage(filter, marks);
  }
  Result<Timestamp> usage_kept_from() override { return store_->usage_kept_from(); }
  Result<PrunedUsage> count_prunable_usage(Timestamp before,
                                           const ProgressReport& report) override {
    return store_->count_prunable_usage(before, report);
  }
  Result<PrunedUsage> prune_usage(Timestamp before, const ProgressReport& report) override {
    return store_->prune_usage(before, report);
  }
  Result<MessageChain> find_chain(const ChainQuery& query) override {
    return store_->find_chain(query);
  }
  Result<std::vector<ConversationSummary>> next_conversations(std::optional<UserId> user,
                                                              Timestamp now,
                                                              ConversationCursor& cursor,
                                                              size_t rows_max) override {
    return store_->next_conversations(user, now, cursor, rows_max);
  }
  Result<ConversationSummary> find_conversation(std::string_view id, Timestamp now) override {
    return store_->find_conversation(id, now);
  }
  Result<std::vector<Message>> next_messages(const std::string& conversation_id, Timestamp now,
                                             ConversationCursor& cursor, size_t rows_max) override {
    return store_->next_messages(conversation_id, now, cursor, rows_max);
  }
  Result<MessageCounts> count_messages(const MessageFilter& filter) override {
    return store_->count_messages(filter);
  }
  Result<MessageCounts> purge_messages(const MessageFilter& filter,
                                       const ProgressReport& report) override {
    return store_->purge_messages(filter, report);
  }
  Result<MessageCounts> purge_expired(Timestamp now, size_t rows_max) override {
    return store_->purge_expired(now, rows_max);
  }
  Result<std::vector<Discrepancy>> verify_books(const ProgressReport& report) override {
    return store_->verify_books(report);
  }

 private:
  std::unique_ptr<Store> store_;
  Fault fault_;
};

}  // namespace chatgate
