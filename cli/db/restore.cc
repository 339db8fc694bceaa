#include "cli/db/restore.h"

#include "cli/commands.h"
#include "common/text/quantity.h"

namespace chatgate {

void register_db_restore(CLI::App& noun, Context& context) {
  auto options = std::make_shared<DbRestoreOptions>();
  CLI::App* verb = add_verb(noun, "restore", "put a backup in the database's place",
                            "  chatgate db restore /backups/chatgate.db\n"
                            "  chatgate db restore --yes --discard /backups/chatgate.db");
  verb->add_option("FILE", options->file, "what `chatgate db backup` made")
      ->type_name("")
      ->required();
  verb->add_flag(
      "--discard", options->discard,
      "do not keep the old content as DATABASE.before-restore\n(or .before-restore.2 and so on)");
  verb->add_flag("--yes", options->yes, "do not ask");
  bind(verb, options, context, run_db_restore);
}

Result<void> run_db_restore(const DbRestoreOptions& options, Context& context) {
  const auto config = context.admin_config();
  if (!config) return tl::unexpected(config.error());
  const auto pending = open_maintenance(config->db).and_then([&](const auto& keeper) {
    return keeper->begin_restore(options.file);
  });
  if (!pending) return tl::unexpected(pending.error());
  const auto agreed = confirm(
      context, "replace all that is in " + quote(config->db) + " by " + quote(options.file) + "?",
      options.yes);
  if (!agreed) return agreed;
  const auto kept = [&] {
    Progress progress(context, "restoring", "pages");
    return (*pending)->run(!options.discard, progress.report());
  }();
  if (!kept) return tl::unexpected(kept.error());
  context.print_one(
      {{{"path", "PATH"}, {"restored_from", "RESTORED FROM"}, {"old_content", "OLD CONTENT"}},
       {{text_cell(config->db), text_cell(options.file),
         kept->empty() ? empty_cell() : text_cell(*kept)}}});
  return {};
}

}  // namespace chatgate
