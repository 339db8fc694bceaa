#include "cli/conversation/export.h"

#include "cli/commands.h"
#include "cli/conversation/conversations.h"
#include "cli/user/users.h"

namespace chatgate {

void register_conversation_export(CLI::App& noun, Context& context) {
  auto options = std::make_shared<ConversationExportOptions>();
  CLI::App* verb =
      add_verb(noun, "export", "print whole conversations, a JSON object for each message",
               "  chatgate conversation export 3f2a9c1e > conversation.jsonl\n"
               "  chatgate conversation export --user alice --format json");
  CLI::Option* id = verb->add_option("CONVERSATION", options->id, "its id, or the beginning of it")
                        ->type_name("");
  CLI::Option* user =
      verb->add_option("--user", options->user, "all of this account's")->type_name("NAME");
  CLI::Option* all = verb->add_flag("--all", options->all, "everybody's");
  id->excludes(user)->excludes(all);
  user->excludes(all);
  bind(verb, options, context, run_conversation_export);
}

Result<void> run_conversation_export(const ConversationExportOptions& options, Context& context) {
  if (options.id.empty() && options.user.empty() && !options.all) {
    return fail(ErrorCode::kInvalidArgument,
                "which conversations? Give the id of one, --user NAME or --all");
  }
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const Timestamp now = context.now();
  // A table of all that was said helps nobody.
  if (context.format == Format::kTable) context.format = Format::kJsonLines;
  RowPrinter printer = context.list_printer(columns_of_messages());
  const auto print = [&](const ConversationSummary& summary) {
    return for_each_message(**store, summary.id, now, [&](const Message& message) {
      printer.row(row_of_message(message, summary.user));
      return static_cast<bool>(context.out());
    });
  };
  if (!options.id.empty()) {
    const auto summary = (*store)->find_conversation(options.id, now);
    if (!summary) return tl::unexpected(summary.error());
    if (auto printed = print(*summary); !printed) return printed;
  } else {
    std::optional<UserId> only;
    if (!options.all) {
      const auto user = require_user(**store, options.user);
      if (!user) return tl::unexpected(user.error());
      only = user->id;
    }
    if (auto done = for_each_conversation(**store, only, now, print); !done) return done;
  }
  printer.end();
  return {};
}

}  // namespace chatgate
