#include <cassert>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

#define CHATGATE_ENTRY_COLUMNS "id, user_id, kind, amount, balance_after, note, created_at"

constexpr const char* kInsertEntry =
    "INSERT INTO ledger_entries "
    "(user_id, kind, amount, balance_after, note, idempotency_key, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kSelectEntryById =
    "SELECT " CHATGATE_ENTRY_COLUMNS " FROM ledger_entries WHERE id = ?";
constexpr const char* kSelectEntryByKey =
    "SELECT " CHATGATE_ENTRY_COLUMNS " FROM ledger_entries WHERE idempotency_key = ?";
constexpr const char* kSelectEntriesOfUser =
    "SELECT " CHATGATE_ENTRY_COLUMNS " FROM ledger_entries WHERE user_id = ? ORDER BY id";

#undef CHATGATE_ENTRY_COLUMNS

constexpr const char* kAddToBalance =
    "UPDATE users SET balance = balance + ?, revision = ? WHERE id = ? RETURNING balance";
constexpr const char* kSumHoldsOfUser =
    "SELECT coalesce(sum(amount), 0) FROM holds WHERE user_id = ?";

LedgerEntry read_entry(const Query& row) {
  LedgerEntry entry;
  entry.id = row.integer(0);
  entry.user_id = {row.integer(1)};
  entry.kind = row.text(2);
  entry.amount = {row.integer(3)};
  entry.balance_after = {row.integer(4)};
  entry.note = row.text(5);
  entry.created_at = {row.integer(6)};
  return entry;
}

std::string amount_text(Money amount, const User& user) {
  return format_money(amount, user.unit) + " " + user.unit.code;
}

std::string_view kind_of(const Credit& credit) {
  return credit.is_adjustment ? "adjustment" : "credit";
}

// The rules of the books for one credit or adjustment.
Result<void> check_credit(Connection& connection, const Credit& credit, const User& user) {
  if (credit.amount.is_zero()) {
    return fail(ErrorCode::kInvalidArgument, "an amount of zero books nothing: give another one");
  }
  if (credit.amount.is_negative() && !credit.is_adjustment) {
    return fail(ErrorCode::kInvalidArgument,
                "a credit cannot be negative: book an adjustment instead");
  }
  const std::optional<Money> after = checked_add(user.balance, credit.amount);
  if (!after) {
    return fail(ErrorCode::kRefused, "the balance of " + in_quotes(user.name) +
                                         " would grow too large to be counted: book less than " +
                                         amount_text(credit.amount, user));
  }
  if (!credit.amount.is_negative() || user.unmetered) return {};
  if (after->is_negative()) {
    return fail(ErrorCode::kRefused, "the balance of " + in_quotes(user.name) + " is " +
                                         amount_text(user.balance, user) +
                                         ": an adjustment cannot take more than that");
  }
  Query query = connection.query(kSumHoldsOfUser, user.id.value);
  query.step();
  const Money held{query.integer(0)};
  if (*after < held) {
    return fail(ErrorCode::kRefused, "running requests of " + in_quotes(user.name) + " hold " +
                                         amount_text(held, user) +
                                         ": adjust by less, or try again when they are done");
  }
  return {};
}

}  // namespace

LedgerEntry book_entry(Connection& connection, const User& user, const Credit& credit,
                       std::string_view kind) {
  const Money expected = user.balance + credit.amount;
  Query update = connection.query(kAddToBalance, credit.amount.nanos, next_revision(connection),
                                  user.id.value);
  [[maybe_unused]] const bool exists = update.step();
  assert(exists);
  const Money balance{update.integer(0)};
  assert(balance == expected);
  update.reset();
  const std::optional<std::string> key =
      credit.idempotency_key.empty() ? std::nullopt : std::optional(credit.idempotency_key);
  connection
      .query(kInsertEntry, user.id.value, kind, credit.amount.nanos, balance.nanos, credit.note,
             key, credit.created_at.unix_ms)
      .run();
  Query select = connection.query(kSelectEntryById, connection.last_insert_id());
  select.step();
  LedgerEntry entry = read_entry(select);
  assert(entry.amount == credit.amount && entry.balance_after == expected);
  return entry;
}

Result<LedgerEntry> SqliteStore::credit(const Credit& credit) {
  return connection_->write([&]() -> Result<LedgerEntry> {
    const std::optional<User> user = select_user(*connection_, credit.user_id);
    if (!user) {
      return no_user(credit.user_id);
    }
    if (!credit.idempotency_key.empty()) {
      Query query = connection_->query(kSelectEntryByKey, credit.idempotency_key);
      if (query.step()) {
        LedgerEntry first = read_entry(query);
        first.is_repeated = true;
        if (first.user_id == credit.user_id && first.amount == credit.amount &&
            first.kind == kind_of(credit)) {
          return first;
        }
        return fail(ErrorCode::kAlreadyExists,
                    "the idempotency key " + in_quotes(credit.idempotency_key) +
                        " was used for another account, amount or kind of entry (entry " +
                        std::to_string(first.id) + "): choose a new key");
      }
    }
    if (const Result<void> checked = check_not_archived(*user); !checked) {
      return tl::unexpected<Error>(checked.error());
    }
    if (const Result<void> checked = check_credit(*connection_, credit, *user); !checked) {
      return tl::unexpected<Error>(checked.error());
    }
    return book_entry(*connection_, *user, credit, kind_of(credit));
  });
}

std::vector<LedgerEntry> select_entries(Connection& connection, UserId user) {
  std::vector<LedgerEntry> entries;
  Query query = connection.query(kSelectEntriesOfUser, user.value);
  while (query.step()) entries.push_back(read_entry(query));
  return entries;
}

Result<std::vector<LedgerEntry>> SqliteStore::list_ledger_entries(UserId user) {
  return connection_->read(
      [&]() -> Result<std::vector<LedgerEntry>> { return select_entries(*connection_, user); });
}

Result<Statement> SqliteStore::statement_of(UserId user) {
  return connection_->read([&]() -> Result<Statement> {
    const std::optional<User> found = select_user(*connection_, user);
    if (!found) return no_user(user);
    return Statement{found->balance, select_entries(*connection_, user),
                     select_daily_charges(*connection_, user, 0, INT64_MAX)};
  });
}

}  // namespace chatgate::sqlite
