#include "cli/user/rename.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {

void register_user_rename(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserRenameOptions>();
  CLI::App* verb = add_verb(noun, "rename", "give an account another name",
                            "  chatgate user rename alice alice.smith");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  verb->add_option("NEW", options->new_name, "1 to 64 letters, digits and . _ - @")
      ->type_name("")
      ->required();
  bind(verb, options, context, run_user_rename);
}

Result<void> run_user_rename(const UserRenameOptions& options, Context& context) {
  return change_user(options.name, context, [&](Store& store, const User& user) {
    return store.rename_user(user.id, options.new_name);
  });
}

}  // namespace chatgate
