#include "cli/user/unblock.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {

void register_user_unblock(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserUnblockOptions>();
  CLI::App* verb =
      add_verb(noun, "unblock", "let a blocked account in again", "  chatgate user unblock alice");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  bind(verb, options, context, run_user_unblock);
}

Result<void> run_user_unblock(const UserUnblockOptions& options, Context& context) {
  return change_user(options.name, context, [](Store& store, const User& user) {
    return store.set_user_blocked(user.id, false);
  });
}

}  // namespace chatgate
