#include <algorithm>
#include <cassert>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

#define CHATGATE_USER_COLUMNS                                                            \
  "id, name, unit, balance, unmetered, blocked, note, created_at, archived_at, budget, " \
  "budget_period, password_hash, requests_per_minute, tokens_per_minute, "               \
  "parallel_requests, model_settings"
// A removed account: nobody's name can begin so.
#define CHATGATE_REMAINS "name NOT GLOB '#*'"

constexpr const char* kInsertUser =
    "INSERT INTO users (name, unit, balance, unmetered, blocked, note, created_at, "
    "password_hash, requests_per_minute, tokens_per_minute, parallel_requests, revision) "
    "VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kSelectUserById =
    "SELECT " CHATGATE_USER_COLUMNS " FROM users WHERE id = ? AND " CHATGATE_REMAINS;
constexpr const char* kSelectUserByName =
    "SELECT " CHATGATE_USER_COLUMNS " FROM users WHERE name = ? AND " CHATGATE_REMAINS;
constexpr const char* kSelectUsers =
    "SELECT " CHATGATE_USER_COLUMNS " FROM users WHERE " CHATGATE_REMAINS " ORDER BY name";
constexpr const char* kSelectUsersSince =
    "SELECT " CHATGATE_USER_COLUMNS " FROM users WHERE revision > ?";
constexpr const char* kUpdateBlocked = "UPDATE users SET blocked = ?, revision = ? WHERE id = ?";
constexpr const char* kUpdateName = "UPDATE users SET name = ?, revision = ? WHERE id = ?";
constexpr const char* kUpdatePassword =
    "UPDATE users SET password_hash = ?, revision = ? WHERE id = ?";
constexpr const char* kUpdateLogin =
    "UPDATE users SET name = ?, password_hash = ?, revision = ? WHERE id = ?";
constexpr const char* kUpdateModelSettings =
    "UPDATE users SET model_settings = ?, revision = ? WHERE id = ?";
constexpr const char* kUpdateBudget =
    "UPDATE users SET budget = ?, budget_period = ?, revision = ? WHERE id = ?";
constexpr const char* kUpdateLimits =
    "UPDATE users SET requests_per_minute = ?, tokens_per_minute = ?, parallel_requests = ?, "
    "revision = ? WHERE id = ?";
constexpr const char* kUpdateArchived =
    "UPDATE users SET archived_at = ?, revision = ? WHERE id = ?";
// The row stays, without anything of the person: its id must never name another account, whose
// charges those of a request that is just beginning would become.
constexpr const char* kUpdateRemoved =
    "UPDATE users SET name = '#' || id, note = '', password_hash = '', model_settings = '', "
    "budget = NULL, budget_period = '', blocked = 1, archived_at = ?, revision = ? WHERE id = ?";
constexpr const char* kHasEntryOrHold =
    "SELECT 1 FROM ledger_entries WHERE user_id = ?1 "
    "UNION ALL SELECT 1 FROM holds WHERE user_id = ?1";

#undef CHATGATE_REMAINS
#undef CHATGATE_USER_COLUMNS

std::optional<Budget> read_budget(const Query& row, int limit_column) {
  const auto limit = row.optional_integer(limit_column);
  const auto period = parse_budget_period(row.text(limit_column + 1));
  return limit && period ? std::optional(Budget{{*limit}, *period}) : std::nullopt;
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
  user.password_hash = row.text(11);
  user.limits = {row.integer(12), row.integer(13), row.integer(14)};
  user.model_settings = row.text(15);
  return user;
}

std::optional<User> select_user(Connection& connection, std::string_view name) {
  Query query = connection.query(kSelectUserByName, name);
  return query.step() ? std::optional(read_user(query)) : std::nullopt;
}

Result<void> check_name_is_free(Connection& connection, std::string_view name) {
  if (!select_user(connection, name)) return {};
  return fail(ErrorCode::kAlreadyExists,
              "a user named " + in_quotes(name) + " exists already: choose another name");
}

// Whether an account is a clean slate.
Result<void> check_no_trace(Connection& connection, const User& user) {
  std::string_view trace;
  if (connection.query(kHasEntryOrHold, user.id.value).step()) {
    trace = " has ledger entries or running requests";
  } else if (!select_daily_charges(connection, user.id, 0, INT64_MAX).empty()) {
    trace = " has usage in the books";
  }
  if (trace.empty()) return {};
  return fail(ErrorCode::kRefused, "the user " + in_quotes(user.name) + std::string(trace) +
                                       ", which must stay: archive it instead (`chatgate user "
                                       "remove " +
                                       user.name + " --archive`)");
}

}  // namespace

std::optional<User> select_user(Connection& connection, UserId id) {
  Query query = connection.query(kSelectUserById, id.value);
  return query.step() ? std::optional(read_user(query)) : std::nullopt;
}

Result<void> check_not_archived(const User& user) {
  if (!user.archived_at) return {};
  return fail(ErrorCode::kRefused, "the user " + in_quotes(user.name) +
                                       " is archived: `chatgate user unarchive " + user.name +
                                       "` brings it back");
}

void visit_changed_users(Connection& connection, Revision since, const ChangeVisitor& visitor) {
  if (!visitor.user) return;
  Query query = connection.query(kSelectUsersSince, since);
  while (query.step()) visitor.user(read_user(query));
}

Result<User> SqliteStore::add_user(const User& user, Money opening) {
  if (auto checked = check_user_name(user.name); !checked) {
    return tl::unexpected<Error>(std::move(checked.error()));
  }
  const Result<Unit> unit = parse_unit(user.unit.code);
  if (!unit) return tl::unexpected<Error>(unit.error());
  if (opening.is_negative()) {
    return fail(ErrorCode::kInvalidArgument, "an opening balance cannot be negative");
  }
  return connection_->write([&]() -> Result<User> {
    if (auto checked = check_name_is_free(*connection_, user.name); !checked) {
      return tl::unexpected<Error>(std::move(checked.error()));
    }
    connection_
        ->query(kInsertUser, user.name, unit->code, user.unmetered, user.blocked, user.note,
                user.created_at.unix_ms, user.password_hash, user.limits.requests_per_minute,
                user.limits.tokens_per_minute, user.limits.parallel_requests,
                next_revision(*connection_))
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

Result<User> SqliteStore::find_user(UserId id) {
  return connection_->read([&]() -> Result<User> {
    std::optional<User> user = select_user(*connection_, id);
    if (user) return *std::move(user);
    return no_user(id);
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

// Runs `change(user, revision)` on an account that exists.
template <class Change>
Result<void> change_user(Connection& connection, UserId id, const Change& change) {
  return connection.write([&]() -> Result<void> {
    const std::optional<User> user = select_user(connection, id);
    if (!user) return no_user(id);
    return change(*user, next_revision(connection));
  });
}

Result<void> SqliteStore::set_user_blocked(UserId id, bool blocked) {
  return change_user(*connection_, id, [&](const User& user, Revision revision) -> Result<void> {
    if (!blocked) {
      if (auto checked = check_not_archived(user); !checked) return checked;
    }
    connection_->query(kUpdateBlocked, blocked, revision, id.value).run();
    return {};
  });
}

Result<void> SqliteStore::rename_user(UserId id, std::string_view name) {
  if (auto checked = check_user_name(name); !checked) return checked;
  return change_user(*connection_, id, [&](const User& user, Revision revision) -> Result<void> {
    if (user.name == name) return {};
    if (auto checked = check_name_is_free(*connection_, name); !checked) return checked;
    connection_->query(kUpdateName, name, revision, id.value).run();
    return {};
  });
}

Result<void> SqliteStore::set_password_hash(UserId id, std::string_view hash) {
  return change_user(*connection_, id, [&](const User&, Revision revision) -> Result<void> {
    connection_->query(kUpdatePassword, hash, revision, id.value).run();
    return {};
  });
}

Result<void> SqliteStore::set_login(UserId id, std::string_view name, std::string_view hash) {
  if (auto checked = check_user_name(name); !checked) return checked;
  return change_user(*connection_, id, [&](const User& user, Revision revision) -> Result<void> {
    if (user.name != name) {
      if (auto checked = check_name_is_free(*connection_, name); !checked) return checked;
    }
    connection_->query(kUpdateLogin, name, hash, revision, id.value).run();
    return {};
  });
}

Result<void> SqliteStore::set_model_settings(UserId id, std::string_view settings) {
  return change_user(*connection_, id, [&](const User&, Revision revision) -> Result<void> {
    connection_->query(kUpdateModelSettings, settings, revision, id.value).run();
    return {};
  });
}

Result<void> SqliteStore::set_budget(UserId id, const std::optional<Budget>& budget) {
  if (budget && budget->limit.is_negative()) {
    return fail(ErrorCode::kInvalidArgument, "a budget cannot be negative");
  }
  const auto limit = budget ? std::optional(budget->limit.nanos) : std::nullopt;
  const std::string_view period = budget ? name_of(budget->period) : "";
  return change_user(*connection_, id, [&](const User& user, Revision revision) -> Result<void> {
    if (auto checked = check_not_archived(user); !checked) return checked;
    connection_->query(kUpdateBudget, limit, period, revision, id.value).run();
    return {};
  });
}

Result<void> SqliteStore::set_user_limits(UserId id, const RequestLimits& limits) {
  if (std::min({limits.requests_per_minute, limits.tokens_per_minute, limits.parallel_requests}) <
      0) {
    return fail(ErrorCode::kInvalidArgument, "a limit cannot be negative");
  }
  return change_user(*connection_, id, [&](const User& user, Revision revision) -> Result<void> {
    if (auto checked = check_not_archived(user); !checked) return checked;
    connection_
        ->query(kUpdateLimits, limits.requests_per_minute, limits.tokens_per_minute,
                limits.parallel_requests, revision, id.value)
        .run();
    return {};
  });
}

Result<void> SqliteStore::archive_user(UserId id, Timestamp at) {
  const auto archived =
      change_user(*connection_, id, [&](const User& user, Revision revision) -> Result<void> {
        if (user.archived_at) return {};
        connection_->query(kUpdateArchived, at.unix_ms, revision, id.value).run();
        revoke_tokens(*connection_, id, at, revision);
        return {};
      });
  if (!archived) return archived;
  return purge_messages({.user_id = id}, {}).map([](const MessageCounts&) {});
}

Result<void> SqliteStore::unarchive_user(UserId id) {
  return change_user(*connection_, id, [&](const User& user, Revision revision) -> Result<void> {
    if (!user.archived_at) return {};
    connection_->query(kUpdateArchived, nullptr, revision, id.value).run();
    return {};
  });
}

Result<void> SqliteStore::remove_user(UserId id, Timestamp at) {
  return change_user(*connection_, id, [&](const User& user, Revision revision) -> Result<void> {
    if (auto checked = check_no_trace(*connection_, user); !checked) return checked;
    assert(user.balance.is_zero());
    connection_->query(kUpdateRemoved, at.unix_ms, revision, id.value).run();
    revoke_tokens(*connection_, id, at, revision);
    return {};
  });
}

Result<void> SqliteStore::check_removable(UserId id) {
  return connection_->read([&]() -> Result<void> {
    const std::optional<User> user = select_user(*connection_, id);
    if (!user) return no_user(id);
    return check_no_trace(*connection_, *user);
  });
}

}  // namespace chatgate::sqlite
