#include "cli/price/import.h"

#include "cli/commands.h"

namespace chatgate {
namespace {

std::string question_for(const PlannedChanges& plan) {
  std::string question = "change " + std::to_string(plan.changed) +
                         (plan.changed == 1 ? " price" : " prices") + " in force";
  if (plan.restored > 0) {
    question += ", bring back " + std::to_string(plan.restored) + " that were withdrawn";
  }
  if (plan.added() > 0) question += ", add " + std::to_string(plan.added());
  return question + "?";
}

Result<void> apply(const PlannedChanges& plan, Store& store, Context& context) {
  std::vector<Price> rows;
  rows.reserve(plan.changes.changes.size());
  const Timestamp now = context.now();
  for (const auto& change : plan.changes.changes) {
    rows.push_back(change.after);
    if (rows.back().effective_from == Timestamp{}) rows.back().effective_from = now;
  }
  Progress progress(context, "writing prices", "prices");
  return store.add_prices(rows, progress.report());
}

}  // namespace

void register_price_import(CLI::App& noun, Context& context) {
  auto options = std::make_shared<PriceImportOptions>();
  CLI::App* verb =
      add_verb(noun, "import", "set the prices of many models from a file",
               "  chatgate price import litellm.json --models 'gpt-*,o3*'\n"
               "  chatgate price import prices.json --markup 20% --dry-run\n"
               "  chatgate price list --format json | ssh other chatgate price import - --yes");
  add_price_file_arguments(*verb, options->file);
  verb->add_flag("--dry-run", options->dry_run, "only show what would change");
  verb->add_flag("--yes", options->yes, "do not ask before prices in force change");
  bind(verb, options, context, run_price_import);
}

Result<void> run_price_import(const PriceImportOptions& options, Context& context) {
  auto file = read_prices(options.file, context);
  if (!file) return tl::unexpected(file.error());
  const auto store = context.open_store(options.dry_run ? OpenMode::kExisting : OpenMode::kCreate);
  const bool is_new = !store && options.dry_run && store.error().code == ErrorCode::kNotFound;
  if (!store && !is_new) return tl::unexpected(store.error());
  const auto history = is_new ? std::vector<Price>() : (*store)->list_prices();
  if (!history) return tl::unexpected(history.error());
  const PlannedChanges plan = plan_changes(*std::move(file), *history, context.now());
  if (!plan.changes.changes.empty() || context.format != Format::kTable) {
    context.print_list(table_of_changes(plan.changes.changes));
    context.out().flush();
  }
  tell_summary(plan, context);
  if (options.dry_run || plan.changes.changes.empty()) return {};
  const bool needs_no_answer = options.yes || plan.changed + plan.restored == 0;
  if (auto agreed = confirm(context, question_for(plan), needs_no_answer); !agreed) return agreed;
  return apply(plan, **store, context);
}

}  // namespace chatgate
