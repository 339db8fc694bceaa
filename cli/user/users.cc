#include "cli/user/users.h"

#include "cli/terminal.h"
#include "common/secrets/secrets.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"

namespace chatgate {

Result<User> require_user(Store& store, const std::string& name) {
  auto user = store.find_user(name);
  if (user || user.error().code != ErrorCode::kNotFound) return user;
  const auto users = store.list_users();
  if (!users) return tl::unexpected(users.error());
  NearMiss near_miss(name);
  for (const auto& known : *users) near_miss.offer(known.name);
  return fail(ErrorCode::kNotFound, "no user " + quote(name) + did_you_mean(near_miss.best()));
}

Result<void> change_user(const std::string& name, Context& context,
                         const std::function<Result<void>(Store&, const User&)>& change) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto user = require_user(**store, name);
  if (!user) return tl::unexpected(user.error());
  if (auto changed = change(**store, *user); !changed) return changed;
  const auto after = (*store)->find_user(user->id);
  if (!after) return tl::unexpected(after.error());
  context.print_one(table_of_users({*after}));
  return {};
}

Result<std::string> read_password_hash(Context& context) {
  const auto password = read_secret(context, "password");
  if (!password) return password;
  auto hash = hash_password(*password);
  if (!hash || !context.terminal().has_input || !context.terminal().has_errors) return hash;
  const auto repeated = read_secret(context, "the same password again");
  if (!repeated) return repeated;
  if (!equal_secrets(*password, *repeated)) {
    return fail(ErrorCode::kInvalidArgument, "the two passwords differ; nothing was changed");
  }
  return hash;
}

Table table_of_users(const std::vector<User>& users) {
  Table table{{{"id", "", true},
               {"name", "NAME"},
               {"unit", "UNIT"},
               {"balance", "BALANCE", true},
               {"unmetered", "UNMETERED"},
               {"blocked", "BLOCKED"},
               {"note", "NOTE"},
               {"created_at", ""},
               {"archived_at", ""},
               {"has_password", ""},
               {"budget", ""},
               {"budget_period", ""},
               {"requests_per_minute", ""},
               {"tokens_per_minute", ""},
               {"parallel_requests", ""}},
              {}};
  for (const auto& user : users) {
    table.rows.push_back(
        {number_cell(user.id.value), text_cell(user.name), text_cell(user.unit.code),
         money_cell(user.balance, user.unit), boolean_cell(user.unmetered),
         boolean_cell(user.blocked), text_cell(user.note), time_cell(user.created_at),
         time_cell(user.archived_at), boolean_cell(!user.password_hash.empty()),
         user.budget ? money_cell(user.budget->limit, user.unit) : empty_cell(),
         user.budget ? text_cell(name_of(user.budget->period)) : empty_cell(),
         count_cell(user.limits.requests_per_minute), count_cell(user.limits.tokens_per_minute),
         count_cell(user.limits.parallel_requests)});
  }
  return table;
}

}  // namespace chatgate
