#include "cli/price/diff.h"

#include "cli/commands.h"

namespace chatgate {

void register_price_diff(CLI::App& noun, Context& context) {
  auto options = std::make_shared<PriceDiffOptions>();
  CLI::App* verb =
      add_verb(noun, "diff", "compare a file with the price list; exit status 1 if they differ",
               "  chatgate price diff prices.json\n"
               "  chatgate price diff litellm.json --models 'gpt-*' --markup 20%");
  add_price_file_arguments(*verb, options->file);
  bind(verb, options, context, run_price_diff);
}

Result<int> run_price_diff(const PriceDiffOptions& options, Context& context) {
  auto file = read_prices(options.file, context);
  if (!file) return tl::unexpected(file.error());
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto history = (*store)->list_prices();
  if (!history) return tl::unexpected(history.error());
  const PlannedChanges plan = plan_changes(*std::move(file), *history, context.now());
  const auto& changes = plan.changes.changes;
  if (!changes.empty() || context.format != Format::kTable) {
    context.print_list(table_of_changes(changes));
  }
  tell_summary(plan, context);
  return changes.empty() ? 0 : 1;
}

}  // namespace chatgate
