#include "cli/token/revoke.h"

#include "cli/commands.h"
#include "cli/token/tokens.h"
#include "common/secrets/secrets.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"

namespace chatgate {
namespace {

Result<ApiToken> require_token(Store& store, const std::string& text) {
  auto token = store.find_token(text);
  if (token || token.error().code != ErrorCode::kNotFound) return token;
  NearMiss near_miss(text);
  const auto visited = store.for_each_token(
      std::nullopt, [&](const ApiToken& known) { near_miss.offer(known.prefix); });
  if (!visited) return tl::unexpected(visited.error());
  // A whole token is a secret even when it is none of ours.
  const std::string shown = text.size() > 24 ? mask(text) : text;
  return fail(ErrorCode::kNotFound, "no token " + quote(shown) + did_you_mean(near_miss.best()));
}

Result<std::string> name_of_user(Store& store, UserId id) {
  return store.list_users().map([&](const std::vector<User>& users) {
    for (const auto& user : users) {
      if (user.id == id) return user.name;
    }
    return std::string();
  });
}

}  // namespace

void register_token_revoke(CLI::App& noun, Context& context) {
  auto options = std::make_shared<TokenRevokeOptions>();
  CLI::App* verb = add_verb(noun, "revoke", "end a token for good",
                            "  chatgate token revoke 12\n"
                            "  chatgate token revoke sk-cg-Zk3x9Q");
  verb->add_option("TOKEN", options->token, "its id, prefix, or all of it")
      ->type_name("")
      ->required();
  bind(verb, options, context, run_token_revoke);
}

Result<void> run_token_revoke(const TokenRevokeOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  auto token = require_token(**store, options.token);
  if (!token) return tl::unexpected(token.error());
  if (token->revoked_at) {
    context.hint("it had been revoked before");
  } else {
    token->revoked_at = context.now();
    if (auto revoked = (*store)->revoke_token(token->id, *token->revoked_at); !revoked) {
      return revoked;
    }
  }
  const auto user = name_of_user(**store, token->user_id);
  if (!user) return tl::unexpected(user.error());
  context.print_one({columns_of_tokens(), {row_of_token(*token, *user, context.now())}});
  return {};
}

}  // namespace chatgate
