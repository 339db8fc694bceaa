#include "cli/user/passwd.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {

void register_user_passwd(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserPasswdOptions>();
  CLI::App* verb = add_verb(noun, "passwd", "give an account a password",
                            "  chatgate user passwd alice\n"
                            "  chatgate user passwd alice < password.txt");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  bind(verb, options, context, run_user_passwd);
}

Result<void> run_user_passwd(const UserPasswdOptions& options, Context& context) {
  return change_user(options.name, context, [&](Store& store, const User& user) {
    return read_password_hash(context).and_then(
        [&](const std::string& hash) { return store.set_password_hash(user.id, hash); });
  });
}

}  // namespace chatgate
