#include "cli/user/show.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {

void register_user_show(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserShowOptions>();
  CLI::App* verb = add_verb(noun, "show", "show one account",
                            "  chatgate user show alice\n"
                            "  chatgate user show alice --format json");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  bind(verb, options, context, run_user_show);
}

Result<void> run_user_show(const UserShowOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto user = require_user(**store, options.name);
  if (!user) return tl::unexpected(user.error());
  context.print_one(table_of_users({*user}));
  return {};
}

}  // namespace chatgate
