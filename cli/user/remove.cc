#include "cli/user/remove.h"

#include "cli/commands.h"
#include "cli/terminal.h"
#include "cli/user/users.h"
#include "common/text/quantity.h"

namespace chatgate {

void register_user_remove(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserRemoveOptions>();
  CLI::App* verb = add_verb(noun, "remove", "remove an account that was never used, or archive one",
                            "  chatgate user remove alice --yes\n"
                            "  chatgate user remove alice --archive");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  verb->add_flag("--archive", options->archives,
                 "refuse it for good, revoke its tokens, keep its books");
  verb->add_flag("--yes", options->is_confirmed, "do not ask");
  bind(verb, options, context, run_user_remove);
}

Result<void> run_user_remove(const UserRemoveOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  auto user = require_user(**store, options.name);
  if (!user) return tl::unexpected(user.error());
  if (options.archives && user->archived_at) {
    context.hint("it had been archived before");
    context.print_one(table_of_users({*user}));
    return {};
  }
  if (!options.archives) {
    if (auto checked = (*store)->check_removable(user->id); !checked) return checked;
  }
  const std::string question =
      options.archives ? "archive user " + quote(user->name) +
                             "? Its tokens end for good, its conversations are deleted."
                       : "remove user " + quote(user->name) + "? Its tokens go with it.";
  if (auto confirmed = confirm(context, question, options.is_confirmed); !confirmed) {
    return confirmed;
  }
  if (!options.archives) {
    if (auto removed = (*store)->remove_user(user->id, context.now()); !removed) return removed;
  } else {
    if (auto done = (*store)->archive_user(user->id, context.now()); !done) return done;
    user = (*store)->find_user(user->id);
    if (!user) return tl::unexpected(user.error());
  }
  context.print_one(table_of_users({*user}));
  context.hint("user " + quote(user->name) +
               (options.archives ? " is archived, its tokens are revoked, its conversations deleted"
                                 : " is removed"));
  return {};
}

}  // namespace chatgate
