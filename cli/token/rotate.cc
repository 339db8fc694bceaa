#include "cli/token/rotate.h"

#include <algorithm>

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

Result<void> check_rotation(const ApiToken& token, Timestamp now) {
  const bool is_expired = token.expires_at && *token.expires_at <= now;
  if (!is_expired && !is_revoked(token, now)) return {};
  return fail(ErrorCode::kRefused, "the token " + std::to_string(token.id.value) +
                                       (is_expired ? " has expired" : " is revoked") +
                                       ": make a new one with `chatgate token add`");
}

// What becomes of the old token, which is revoked at `end`.
std::string fate_of(const ApiToken& old, Timestamp now, Timestamp end) {
  if (end <= now) return "is revoked";
  for (const auto& earlier : {old.expires_at, old.revoked_at})
    end = std::min(end, earlier.value_or(end));
  return "goes on until " + format_minute(end);
}

// The old one ends in a transaction of its own, when its successor has been seen: an end of the
// program in between leaves both valid, never none.
Result<void> retire(Store& store, const ApiToken& old, Timestamp end) {
  return store.revoke_token(old.id, end).map_error([&](Error error) {
    const std::string id = std::to_string(old.id.value);
    error.message = "the new token is valid, but so is the old one (" + error.message +
                    "): end it with `chatgate token revoke " + id + "`";
    return error;
  });
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
  const Timestamp now = context.now();
  if (auto checked = check_rotation(*old, now); !checked) return checked;
  const auto user = (*store)->find_user(old->user_id);
  if (!user) return tl::unexpected(user.error());
  if (*grace_ms == 0) {
    const std::string question =
        "replace " + describe_token(*old, user->name) + "? The old one ends at once.";
    if (auto confirmed = confirm(context, question, options.is_confirmed); !confirmed) {
      return confirmed;
    }
  }
  ApiToken successor = *old;
  successor.created_at = now;
  successor.revoked_at.reset();
  const auto added = issue_token(**store, std::move(successor), user->name, context);
  if (!added) return tl::unexpected(added.error());
  const Timestamp end{now.unix_ms + *grace_ms};
  if (auto retired = retire(**store, *old, end); !retired) return retired;
  context.hint(describe_token(*old, user->name) + " " + fate_of(*old, now, end));
  return {};
}

}  // namespace chatgate
