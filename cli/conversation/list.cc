#include "cli/conversation/list.h"

#include "cli/commands.h"
#include "cli/conversation/conversations.h"
#include "cli/db/facts.h"
#include "cli/user/users.h"

namespace chatgate {

void register_conversation_list(CLI::App& noun, Context& context) {
  auto options = std::make_shared<ConversationListOptions>();
  CLI::App* verb = add_verb(noun, "list", "list what is remembered, without what was said",
                            "  chatgate conversation list\n"
                            "  chatgate conversation list alice --format json");
  verb->add_option("USER", options->user, "only this account's")->type_name("");
  bind(verb, options, context, run_conversation_list);
}

Result<void> run_conversation_list(const ConversationListOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  std::optional<UserId> only;
  if (!options.user.empty()) {
    const auto user = require_user(**store, options.user);
    if (!user) return tl::unexpected(user.error());
    only = user->id;
  }
  RowPrinter printer = context.list_printer({{"id", "ID", false, Weight::kKey},
                                             {"user", "USER", false, Weight::kKey},
                                             {"messages", "MESSAGES", true},
                                             {"bytes", "SIZE", true, Weight::kDetail},
                                             {"created_at", ""},
                                             {"used_at", "LAST USED"},
                                             {"expires_at", "EXPIRES", false, Weight::kDetail}});
  const auto print = [&](const ConversationSummary& summary) -> Result<void> {
    printer.row({text_cell(summary.id), text_cell(summary.user), number_cell(summary.messages),
                 bytes_cell(summary.bytes), time_cell(summary.created_at),
                 time_cell(summary.used_at), time_cell(summary.expires_at)});
    return {};
  };
  if (auto done = for_each_conversation(**store, only, context.now(), print); !done) return done;
  printer.end();
  return {};
}

}  // namespace chatgate
