#include <algorithm>
#include <array>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

#define CHATGATE_USER_COLUMNS                                                            \
  "id, name, unit, balance, unmetered, blocked, note, created_at, archived_at, budget, " \
  "budget_period"

constexpr const char* kInsertUser =
    "INSERT INTO users (name, unit, balance, unmetered, blocked, note, created_at, revision) "
    "VALUES (?, ?, 0, ?, ?, ?, ?, ?)";
constexpr const char* kSelectUserById = "SELECT " CHATGATE_USER_COLUMNS " FROM users WHERE id = ?";
constexpr const char* kSelectUserByName =
    "SELECT " CHATGATE_USER_COLUMNS " FROM users WHERE name = ?";
constexpr const char* kSelectUsers = "SELECT " CHATGATE_USER_COLUMNS " FROM users ORDER BY name";
constexpr const char* kSelectUsersSince =
    "SELECT " CHATGATE_USER_COLUMNS " FROM users WHERE revision > ?";
constexpr const char* kUpdateBlocked = "UPDATE users SET blocked = ?, revision = ? WHERE id = ?";

#undef CHATGATE_USER_COLUMNS

constexpr std::array<std::pair<std::string_view, BudgetPeriod>, 3> kBudgetPeriods{{
    {"day", BudgetPeriod::kDay},
    {"week", BudgetPeriod::kWeek},
    {"month", BudgetPeriod::kMonth},
}};

std::optional<Budget> read_budget(const Query& row, int limit_column) {
  const auto limit = row.optional_integer(limit_column);
  const std::string period = row.text(limit_column + 1);
  for (const auto& [name, value] : kBudgetPeriods) {
    if (limit && name == period) return Budget{{*limit}, value};
  }
  return std::nullopt;
}

User read_user(const Query& row) {
  User user;
  user.id = {row.integer(0)};
  user.name = row.text(1);
  user.unit = {row.text(2)};
  user.balance = {row.integer(3)};
  user.unmetered = row.boolean(4);
  user.blocked = row.boolean(5);
  user.note = row.text(6);
  user.created_at = {row.integer(7)};
  if (const auto archived = row.optional_integer(8)) user.archived_at = Timestamp{*archived};
  user.budget = read_budget(row, 9);
  return user;
}

constexpr size_t kNameBytesMax = 64;

bool is_name(std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '@';
  };
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, is_allowed);
}

std::optional<User> select_user(Connection& connection, std::string_view name) {
  Query query = connection.query(kSelectUserByName, name);
  return query.step() ? std::optional(read_user(query)) : std::nullopt;
}

}  // namespace

std::optional<User> select_user(Connection& connection, UserId id) {
  Query query = connection.query(kSelectUserById, id.value);
  return query.step() ? std::optional(read_user(query)) : std::nullopt;
}

void visit_changed_users(Connection& connection, Revision since, const ChangeVisitor& visitor) {
  if (!visitor.user) return;
  Query query = connection.query(kSelectUsersSince, since);
  while (query.step()) visitor.user(read_user(query));
}

Result<User> SqliteStore::add_user(const User& user, Money opening) {
  if (!is_name(user.name)) {
    return fail(
        ErrorCode::kInvalidArgument,
        in_quotes(user.name) + " is not a user name: use 1 to 64 letters, digits and . _ - @");
  }
  const Result<Unit> unit = parse_unit(user.unit.code);
  if (!unit) return tl::unexpected<Error>(unit.error());
  if (opening.is_negative()) {
    return fail(ErrorCode::kInvalidArgument, "an opening balance cannot be negative");
  }
  return connection_->write([&]() -> Result<User> {
    if (select_user(*connection_, user.name)) {
      return fail(ErrorCode::kAlreadyExists,
                  "a user named " + in_quotes(user.name) + " exists already: choose another name");
    }
    connection_
        ->query(kInsertUser, user.name, unit->code, user.unmetered, user.blocked, user.note,
                user.created_at.unix_ms, next_revision(*connection_))
        .run();
    User added = *select_user(*connection_, UserId{connection_->last_insert_id()});
    if (!opening.is_zero()) {
      Credit credit;
      credit.user_id = added.id;
      credit.amount = opening;
      credit.note = "opening balance";
      credit.created_at = user.created_at;
      added.balance = book_entry(*connection_, added, credit, "credit").balance_after;
    }
    return added;
  });
}

Result<User> SqliteStore::find_user(std::string_view name) {
  return connection_->read([&]() -> Result<User> {
    std::optional<User> user = select_user(*connection_, name);
    if (user) return *std::move(user);
    return fail(ErrorCode::kNotFound,
                "there is no user named " + in_quotes(name) + ": see `chatgate user list`");
  });
}

Result<std::vector<User>> SqliteStore::list_users() {
  return connection_->read([&]() -> Result<std::vector<User>> {
    std::vector<User> users;
    Query query = connection_->query(kSelectUsers);
    while (query.step()) users.push_back(read_user(query));
    return users;
  });
}

Result<void> SqliteStore::set_user_blocked(UserId id, bool blocked) {
  return connection_->write([&]() -> Result<void> {
    const Revision revision = next_revision(*connection_);
    if (connection_->query(kUpdateBlocked, blocked, revision, id.value).run() == 1) return {};
    return fail(ErrorCode::kNotFound, "there is no user with the id " + std::to_string(id.value));
  });
}

}  // namespace chatgate::sqlite
