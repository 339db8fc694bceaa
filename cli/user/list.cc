#include "cli/user/list.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {

void register_user_list(CLI::App& noun, Context& context) {
  CLI::App* verb = add_verb(noun, "list", "list the accounts",
                            "  chatgate user list\n"
                            "  chatgate user list --format json");
  bind(verb, std::make_shared<UserListOptions>(), context, run_user_list);
}

Result<void> run_user_list(const UserListOptions&, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto users = (*store)->list_users();
  if (!users) return tl::unexpected(users.error());
  context.print_list(table_of_users(*users));
  return {};
}

}  // namespace chatgate
