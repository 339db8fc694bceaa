#include "cli/token/list.h"

#include <unordered_map>

#include "cli/commands.h"
#include "cli/token/tokens.h"
#include "cli/user/users.h"

namespace chatgate {

void register_token_list(CLI::App& noun, Context& context) {
  auto options = std::make_shared<TokenListOptions>();
  CLI::App* verb = add_verb(noun, "list", "list tokens by prefix, never whole",
                            "  chatgate token list\n"
                            "  chatgate token list alice --format json");
  verb->add_option("USER", options->user, "only this account's")->type_name("");
  bind(verb, options, context, run_token_list);
}

Result<void> run_token_list(const TokenListOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  std::optional<UserId> only;
  std::unordered_map<UserId, std::string> names;
  if (options.user.empty()) {
    const auto users = (*store)->list_users();
    if (!users) return tl::unexpected(users.error());
    for (const auto& user : *users) names[user.id] = user.name;
  } else {
    const auto user = require_user(**store, options.user);
    if (!user) return tl::unexpected(user.error());
    only = user->id;
    names[user->id] = user->name;
  }
  Table table{columns_of_tokens(), {}};
  const auto listed = (*store)->for_each_token(only, [&](const ApiToken& token) {
    table.rows.push_back(row_of_token(token, names[token.user_id], context.now()));
  });
  if (!listed) return listed;
  context.print_list(table);
  return {};
}

}  // namespace chatgate
