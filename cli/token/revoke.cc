#include "cli/token/revoke.h"

#include "cli/commands.h"
#include "cli/terminal.h"
#include "cli/token/tokens.h"

namespace chatgate {

void register_token_revoke(CLI::App& noun, Context& context) {
  auto options = std::make_shared<TokenRevokeOptions>();
  CLI::App* verb = add_verb(noun, "revoke", "end a token for good",
                            "  chatgate token revoke 12\n"
                            "  chatgate token revoke sk-cg-Zk3x9Q --yes");
  verb->add_option("TOKEN", options->token, "its id, prefix, or all of it")
      ->type_name("")
      ->required();
  verb->add_flag("--yes", options->is_confirmed, "do not ask");
  bind(verb, options, context, run_token_revoke);
}

Result<void> run_token_revoke(const TokenRevokeOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  auto token = require_token(**store, options.token);
  if (!token) return tl::unexpected(token.error());
  if (is_revoked(*token, context.now())) {
    context.hint("it had been revoked before");
    return print_token(**store, *token, context);
  }
  const auto user = (*store)->find_user(token->user_id);
  if (!user) return tl::unexpected(user.error());
  const std::string question = "revoke " + describe_token(*token, user->name) + "?";
  if (auto confirmed = confirm(context, question, options.is_confirmed); !confirmed) {
    return confirmed;
  }
  token->revoked_at = context.now();
  if (auto revoked = (*store)->revoke_token(token->id, *token->revoked_at); !revoked) {
    return revoked;
  }
  return print_token(**store, *token, context);
}

}  // namespace chatgate
