#include "cli/db/backup.h"

#include "cli/commands.h"
#include "cli/db/facts.h"

namespace chatgate {

void register_db_backup(CLI::App& noun, Context& context) {
  auto options = std::make_shared<DbBackupOptions>();
  CLI::App* verb = add_verb(noun, "backup", "copy the database, also while the gateway runs",
                            "  chatgate db backup /backups/chatgate.db\n"
                            "  chatgate db backup --force /backups/latest.db\n"
                            "  chatgate --db /backups/chatgate.db ledger verify");
  verb->add_option("FILE", options->file, "the copy: made whole, or not at all")
      ->type_name("")
      ->required();
  verb->add_flag("--force", options->force, "replace a file that is there");
  bind(verb, options, context, run_db_backup);
}

Result<void> run_db_backup(const DbBackupOptions& options, Context& context) {
  const auto keeper = context.open_maintenance();
  if (!keeper) return tl::unexpected(keeper.error());
  const auto facts = [&] {
    Progress progress(context, "copying", "pages");
    return (*keeper)->back_up(options.file, options.force, progress.report());
  }();
  if (!facts) return tl::unexpected(facts.error());
  context.print_one(table_of_facts(*facts));
  return {};
}

}  // namespace chatgate
