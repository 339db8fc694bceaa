#include "cli/user/block.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {

void register_user_block(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserBlockOptions>();
  CLI::App* verb = add_verb(noun, "block", "refuse an account's requests until it is unblocked",
                            "  chatgate user block alice");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  bind(verb, options, context, run_user_block);
}

Result<void> run_user_block(const UserBlockOptions& options, Context& context) {
  return change_user(options.name, context, [](Store& store, const User& user) {
    return store.set_user_blocked(user.id, true);
  });
}

}  // namespace chatgate
