#include "cli/user/list.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {

void register_user_list(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserListOptions>();
  CLI::App* verb = add_verb(noun, "list", "list the accounts",
                            "  chatgate user list\n"
                            "  chatgate user list --archived --format json");
  verb->add_flag("--archived", options->archived, "the archived accounts instead");
  bind(verb, options, context, run_user_list);
}

Result<void> run_user_list(const UserListOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  auto users = (*store)->list_users();
  if (!users) return tl::unexpected(users.error());
  std::erase_if(*users,
                [&](const User& user) { return user.archived_at.has_value() != options.archived; });
  context.print_list(table_of_users(*users));
  return {};
}

}  // namespace chatgate
