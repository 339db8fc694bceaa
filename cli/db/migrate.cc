#include "cli/db/migrate.h"

#include "cli/commands.h"

namespace chatgate {

void register_db_migrate(CLI::App& noun, Context& context) {
  auto options = std::make_shared<DbMigrateOptions>();
  CLI::App* verb = add_verb(noun, "migrate", "bring an older version's tables up to date",
                            "  chatgate db migrate --dry-run\n"
                            "  chatgate db migrate");
  verb->add_flag("--dry-run", options->dry_run, "only say what would be done");
  bind(verb, options, context, run_db_migrate);
}

Result<void> run_db_migrate(const DbMigrateOptions& options, Context& context) {
  const auto keeper = context.open_maintenance();
  if (!keeper) return tl::unexpected(keeper.error());
  const auto change = (*keeper)->schema_change();
  if (!change) return tl::unexpected(change.error());
  const bool is_needed = change->from_version < change->to_version;
  if (is_needed && !options.dry_run) {
    Progress progress(context, "migrating", "versions");
    if (auto migrated = (*keeper)->migrate(progress.report()); !migrated) return migrated;
  }
  context.print_one({{{"from_version", "FROM VERSION", true},
                      {"to_version", "TO VERSION", true},
                      {"is_migrated", "MIGRATED"}},
                     {{number_cell(change->from_version), number_cell(change->to_version),
                       boolean_cell(is_needed && !options.dry_run)}}});
  if (!is_needed) context.hint("the tables are up to date");
  return {};
}

}  // namespace chatgate
