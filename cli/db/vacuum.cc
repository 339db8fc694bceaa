#include "cli/db/vacuum.h"

#include "cli/commands.h"
#include "cli/db/facts.h"

namespace chatgate {

void register_db_vacuum(CLI::App& noun, Context& context) {
  CLI::App* verb =
      add_verb(noun, "vacuum", "give free pages back to the disk; the gateway must be stopped",
               "  chatgate db check    # how many pages are free\n"
               "  chatgate db vacuum");
  bind(verb, std::make_shared<DbVacuumOptions>(), context, run_db_vacuum);
}

Result<void> run_db_vacuum(const DbVacuumOptions&, Context& context) {
  const auto keeper = context.open_maintenance();
  if (!keeper) return tl::unexpected(keeper.error());
  const auto change = [&] {
    Progress progress(context, "rebuilding", "pages");
    return (*keeper)->vacuum(progress.report());
  }();
  if (!change) return tl::unexpected(change.error());
  context.print_one({{{"bytes_before", "SIZE BEFORE", true}, {"bytes_after", "SIZE AFTER", true}},
                     {{bytes_cell(change->bytes_before), bytes_cell(change->bytes_after)}}});
  return {};
}

}  // namespace chatgate
