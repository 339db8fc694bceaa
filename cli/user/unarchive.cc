#include "cli/user/unarchive.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {

void register_user_unarchive(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserUnarchiveOptions>();
  CLI::App* verb = add_verb(noun, "unarchive", "bring an archived account back",
                            "  chatgate user unarchive alice");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  bind(verb, options, context, run_user_unarchive);
}

Result<void> run_user_unarchive(const UserUnarchiveOptions& options, Context& context) {
  return change_user(options.name, context, [&](Store& store, const User& user) {
    if (user.archived_at) context.hint("its tokens stay revoked: make it a new one");
    if (user.archived_at && user.blocked) {
      context.hint("it is blocked as well: `chatgate user unblock " + user.name + "` lets it in");
    }
    return store.unarchive_user(user.id);
  });
}

}  // namespace chatgate
