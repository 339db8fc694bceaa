#include "cli/db/init.h"

#include "cli/commands.h"

namespace chatgate {

void register_db_init(CLI::App& noun, Context& context) {
  CLI::App* verb = add_verb(noun, "init", "create an empty database",
                            "  chatgate db init\n"
                            "  chatgate --db /var/lib/chatgate/chatgate.db db init");
  bind(verb, std::make_shared<DbInitOptions>(), context, run_db_init);
}

Result<void> run_db_init(const DbInitOptions&, Context& context) {
  const auto store = context.open_store(OpenMode::kNew);
  if (!store) return tl::unexpected(store.error());
  const auto facts =
      context.open_maintenance().and_then([](const auto& keeper) { return keeper->facts(); });
  if (!facts) return tl::unexpected(facts.error());
  context.print_one({{{"path", "PATH"}, {"schema_version", "SCHEMA VERSION", true}},
                     {{text_cell(facts->path), number_cell(facts->schema_version)}}});
  return {};
}

}  // namespace chatgate
