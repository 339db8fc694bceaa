#include "cli/conversation/show.h"

#include "cli/commands.h"
#include "cli/conversation/conversations.h"
#include "cli/conversation/message_tree.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

constexpr size_t kWidthMin = 40;

std::string heading_of(const ConversationSummary& summary, size_t branches) {
  std::string text = "conversation " + summary.id + "\nof " + summary.user + ", " +
                     counted(summary.messages, "message");
  if (branches > 1) text += ", " + std::to_string(branches) + " branches";
  text += "\nlast used " + format_minute(summary.used_at);
  if (summary.expires_at) text += ", over " + format_minute(*summary.expires_at);
  return text + "\n";
}

}  // namespace

void register_conversation_show(CLI::App& noun, Context& context) {
  auto options = std::make_shared<ConversationShowOptions>();
  CLI::App* verb = add_verb(noun, "show", "show what was said, branch by branch",
                            "  chatgate conversation show 3f2a9c1e\n"
                            "  chatgate conversation show 3f2a9c1e --format json");
  verb->add_option("CONVERSATION", options->id, "its id, or the beginning of it")
      ->type_name("")
      ->required();
  bind(verb, options, context, run_conversation_show);
}

Result<void> run_conversation_show(const ConversationShowOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto summary = (*store)->find_conversation(options.id, context.now());
  if (!summary) return tl::unexpected(summary.error());
  if (context.format != Format::kTable) {
    RowPrinter printer = context.list_printer(columns_of_messages());
    auto done = for_each_message(**store, summary->id, context.now(), [&](const Message& message) {
      printer.row(row_of_message(message, summary->user));
      return static_cast<bool>(context.out());
    });
    if (!done) return done;
    printer.end();
    return {};
  }
  MessageTree tree;
  auto read = for_each_message(**store, summary->id, context.now(), [&](const Message& message) {
    tree.add(message);
    return true;
  });
  if (!read) return read;
  context.out() << heading_of(*summary, tree.count_branches());
  tree.print(context.out(), std::max(context.terminal().columns, kWidthMin), context.is_unicode());
  return {};
}

}  // namespace chatgate
