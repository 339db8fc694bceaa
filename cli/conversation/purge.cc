#include "cli/conversation/purge.h"

#include "cli/commands.h"
#include "cli/conversation/conversations.h"
#include "cli/terminal.h"
#include "cli/user/users.h"
#include "common/text/quantity.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

Result<MessageFilter> make_filter(const ConversationPurgeOptions& options, Store& store,
                                  Timestamp now) {
  MessageFilter filter;
  if (!options.id.empty()) {
    const auto summary = store.find_conversation(options.id, now);
    if (!summary) return tl::unexpected(summary.error());
    filter.conversation_id = summary->id;
  }
  if (!options.user.empty()) {
    const auto user = require_user(store, options.user);
    if (!user) return tl::unexpected(user.error());
    filter.user_id = user->id;
  }
  if (!options.older_than.empty()) {
    const auto limit = parse_moment(options.older_than, now, Direction::kPast);
    if (!limit) {
      return fail(ErrorCode::kInvalidArgument, "--older-than: " + limit.error().message);
    }
    filter.created_before = *limit;
  }
  if (options.expired) filter.expired_by = now;
  return filter;
}

std::string question_of(const MessageCounts& counts) {
  return "purge " + counted(counts.messages, "message") + " of " +
         counted(counts.conversations, "conversation") + "? They cannot be brought back.";
}

Table table_of_purged(const MessageCounts& counts) {
  return {{{"messages", "MESSAGES", true}, {"conversations", "CONVERSATIONS", true}},
          {{number_cell(counts.messages), number_cell(counts.conversations)}}};
}

}  // namespace

void register_conversation_purge(CLI::App& noun, Context& context) {
  auto options = std::make_shared<ConversationPurgeOptions>();
  CLI::App* verb = add_verb(noun, "purge", "delete what was said, for good",
                            "  chatgate conversation purge 3f2a9c1e\n"
                            "  chatgate conversation purge --user alice --older-than 7d\n"
                            "  chatgate conversation purge --expired\n"
                            "  chatgate conversation purge --all --yes");
  verb->add_option("CONVERSATION", options->id, "its id, or the beginning of it")->type_name("");
  verb->add_option("--user", options->user, "only this account's")->type_name("NAME");
  verb->add_option("--older-than", options->older_than,
                   "only messages from before 7d, 2h, 2026-12-01")
      ->type_name("TIME");
  verb->add_flag("--expired", options->expired,
                 "only what is over; alone it does not ask (the gateway does it by itself)");
  verb->add_flag("--all", options->all, "everything that is remembered");
  verb->add_flag("--yes", options->yes, "do not ask");
  bind(verb, options, context, run_conversation_purge);
}

Result<void> run_conversation_purge(const ConversationPurgeOptions& options, Context& context) {
  const bool is_chosen = !options.id.empty() || !options.user.empty() ||
                         !options.older_than.empty() || options.expired;
  if (is_chosen == options.all) {
    return fail(ErrorCode::kInvalidArgument,
                options.all ? "--all stands alone: leave it out, or the rest"
                            : "what? Give the id of a conversation, --user NAME, --older-than "
                              "TIME, --expired or --all");
  }
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto filter = make_filter(options, **store, context.now());
  if (!filter) return tl::unexpected(filter.error());
  const auto counts = (*store)->count_messages(*filter);
  if (!counts) return tl::unexpected(counts.error());
  if (counts->messages == 0) {
    context.print_one(table_of_purged({}));
    return {};
  }
  const bool is_confirmed = options.yes || options.expired;
  if (auto agreed = confirm(context, question_of(*counts), is_confirmed); !agreed) return agreed;
  const auto purged = [&] {
    Progress progress(context, "purging", "messages");
    return (*store)->purge_messages(*filter, progress.report());
  }();
  if (!purged) return tl::unexpected(purged.error());
  context.print_one(table_of_purged(*purged));
  if (!purged->stopped) return {};
  return fail(ErrorCode::kInterrupted, "stopped: the same command goes on with the rest");
}

}  // namespace chatgate
