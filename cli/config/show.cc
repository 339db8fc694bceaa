#include "cli/config/show.h"

#include "cli/commands.h"

namespace chatgate {

void register_config_show(CLI::App& noun, Context& context) {
  CLI::App* verb = add_verb(noun, "show", "show every key, its value and where it came from",
                            "  chatgate config show\n"
                            "  chatgate config show --config /etc/chatgate/chatgate.json");
  bind(verb, std::make_shared<ConfigShowOptions>(), context, run_config_show);
}

Result<void> run_config_show(const ConfigShowOptions&, Context& context) {
  const auto loaded = load_config(context.config_file, context.flags(), context.environment());
  if (!loaded) return tl::unexpected(loaded.error());
  // The value stands last in tables: it alone can be long.
  Table table{{{"key", "KEY"}, {"origin", "FROM"}, {"value", "VALUE"}}, {}};
  for (const auto& origin : loaded->origins) {
    table.rows.push_back(
        {text_cell(origin.key), text_cell(origin.origin), text_cell(origin.value)});
  }
  context.print_list(table);
  return {};
}

}  // namespace chatgate
