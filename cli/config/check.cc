#include "cli/config/check.h"

#include "cli/commands.h"
#include "common/config/explain.h"
#include "common/secrets/secrets.h"

namespace chatgate {
void register_config_check(CLI::App& noun, Context& context) {
  CLI::App* verb =
      add_verb(noun, "check", "say whether `serve` could start, and with what",
               "  chatgate config check\n"
               "  chatgate config check --config new.json && mv new.json chatgate.json");
  bind(verb, std::make_shared<ConfigCheckOptions>(), context, run_config_check);
}

Result<void> run_config_check(const ConfigCheckOptions&, Context& context) {
  const auto loaded = load_config(context.config_file, context.flags(), context.environment());
  if (!loaded) return tl::unexpected(loaded.error());
  const auto master_key = load_master_key(loaded->config.master_key_file);
  if (!master_key && master_key.error().code != ErrorCode::kNotFound) {
    return tl::unexpected(master_key.error());
  }
  Table table{{{"key", "KEY"}, {"origin", "FROM"}, {"value", "VALUE"}}, {}};
  for (const auto& origin : loaded->origins) {
    if (origin.origin == "default") continue;
    table.rows.push_back(
        {text_cell(origin.key), text_cell(origin.origin), text_cell(origin.value)});
  }
  if (!table.rows.empty() || context.format != Format::kTable) context.print_list(table);
  for (const auto& line : explain(*loaded)) context.hint(line);
  return {};
}

}  // namespace chatgate
