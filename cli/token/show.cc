#include "cli/token/show.h"

#include "cli/commands.h"
#include "cli/token/tokens.h"

namespace chatgate {

void register_token_show(CLI::App& noun, Context& context) {
  auto options = std::make_shared<TokenShowOptions>();
  CLI::App* verb = add_verb(noun, "show", "show what one token may do, never the token itself",
                            "  chatgate token show 12\n"
                            "  chatgate token show sk-cg-Zk3x9Q --format json");
  verb->add_option("TOKEN", options->token, "its id, prefix, or all of it")
      ->type_name("")
      ->required();
  bind(verb, options, context, run_token_show);
}

Result<void> run_token_show(const TokenShowOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto token = require_token(**store, options.token);
  if (!token) return tl::unexpected(token.error());
  return print_token(**store, *token, context);
}

}  // namespace chatgate
