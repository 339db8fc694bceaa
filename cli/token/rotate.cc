#include "cli/token/rotate.h"

#include "cli/commands.h"
#include "cli/terminal.h"
#include "cli/token/tokens.h"
#include "common/text/quantity.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

constexpr int64_t kGraceMsMax = 366 * kMsPerDay;

Result<int64_t> parse_grace(const std::string& text) {
  auto grace = parse_duration_ms(text);
  if (grace && *grace > kGraceMsMax) {
    grace = fail(ErrorCode::kInvalidArgument, quote(text) + " is more than a year");
  }
  if (!grace) grace.error().message.insert(0, "--grace: ");
  return grace;
}

// What becomes of the old token.
std::string fate_of(const ApiToken& old, Timestamp now, int64_t grace_ms) {
  if (grace_ms == 0) return "is revoked";
  const Timestamp end{now.unix_ms + grace_ms};
  return "goes on until " + format_minute(old.expires_at ? std::min(*old.expires_at, end) : end);
}

}  // namespace

void register_token_rotate(CLI::App& noun, Context& context) {
  auto options = std::make_shared<TokenRotateOptions>();
  CLI::App* verb = add_verb(noun, "rotate", "replace a token by a new one and print that, once",
                            "  chatgate token rotate 12 --grace 24h\n"
                            "  chatgate token rotate sk-cg-Zk3x9Q --yes");
  verb->add_option("TOKEN", options->token, "its id, prefix, or all of it")
      ->type_name("")
      ->required();
  verb->add_option("--grace", options->grace,
                   "how long the old one goes on: 24h (default: it ends)")
      ->type_name("TIME");
  verb->add_flag("--yes", options->is_confirmed, "do not ask");
  bind(verb, options, context, run_token_rotate);
}

Result<void> run_token_rotate(const TokenRotateOptions& options, Context& context) {
  const auto grace_ms = parse_grace(options.grace);
  if (!grace_ms) return tl::unexpected(grace_ms.error());
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto old = require_token(**store, options.token);
  if (!old) return tl::unexpected(old.error());
  const auto user = (*store)->find_user(old->user_id);
  if (!user) return tl::unexpected(user.error());
  if (*grace_ms == 0) {
    const std::string question =
        "replace " + describe_token(*old, user->name) + "? The old one ends at once.";
    if (auto confirmed = confirm(context, question, options.is_confirmed); !confirmed) {
      return confirmed;
    }
  }
  const std::string text = generate_api_token();
  const Timestamp now = context.now();
  const auto added =
      (*store)->rotate_token({old->id, hash_of_token(text), prefix_of_token(text), now, *grace_ms});
  if (!added) return tl::unexpected(added.error());
  print_new_token(text, *added, user->name, context);
  context.hint(describe_token(*old, user->name) + " " + fate_of(*old, now, *grace_ms));
  return {};
}

}  // namespace chatgate
