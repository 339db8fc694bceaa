#include "cli/token/list.h"

#include <unordered_map>

#include "cli/commands.h"
#include "cli/token/tokens.h"
#include "cli/user/users.h"

namespace chatgate {
namespace {

// The names of accounts, so many of them remembered that a list of any length takes little memory.
class UserNames {
 public:
  explicit UserNames(Store& store) : store_(store) {}

  const std::string& of(UserId id) {
    if (names_.size() >= kRemembered) names_.clear();
    const auto [known, is_new] = names_.try_emplace(id);
    if (is_new) known->second = store_.find_user(id).map(&User::name).value_or("");
    return known->second;
  }

 private:
  static constexpr size_t kRemembered = 10'000;
  Store& store_;
  std::unordered_map<UserId, std::string> names_;
};

}  // namespace

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
  UserNames names(**store);
  if (!options.user.empty()) {
    const auto user = require_user(**store, options.user);
    if (!user) return tl::unexpected(user.error());
    only = user->id;
  }
  RowPrinter printer = context.list_printer(columns_of_tokens());
  const auto listed = (*store)->for_each_token(only, [&](const ApiToken& token) {
    printer.row(row_of_token(token, names.of(token.user_id), context.now()));
  });
  if (!listed) return listed;
  printer.end();
  return {};
}

}  // namespace chatgate
