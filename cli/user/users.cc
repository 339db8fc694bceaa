#include "cli/user/users.h"

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

Table table_of_users(const std::vector<User>& users) {
  Table table{{{"id", "", true},
               {"name", "NAME"},
               {"unit", "UNIT"},
               {"balance", "BALANCE", true},
               {"unmetered", "UNMETERED"},
               {"blocked", "BLOCKED"},
               {"note", "NOTE"},
               {"created_at", ""}},
              {}};
  for (const auto& user : users) {
    table.rows.push_back({number_cell(user.id.value), text_cell(user.name),
                          text_cell(user.unit.code), money_cell(user.balance, user.unit),
                          boolean_cell(user.unmetered), boolean_cell(user.blocked),
                          text_cell(user.note), time_cell(user.created_at)});
  }
  return table;
}

}  // namespace chatgate
