#include "cli/config/keys.h"

#include "cli/commands.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

std::string code(const std::string& text, Format format) {
  return format == Format::kMarkdown && !text.empty() ? "`" + text + "`" : text;
}

}  // namespace

void register_config_keys(CLI::App& noun, Context& context) {
  CLI::App* verb = add_verb(noun, "keys", "list the keys that a configuration may have",
                            "  chatgate config keys\n"
                            "  chatgate config keys --format markdown");
  bind(verb, std::make_shared<ConfigKeysOptions>(), context, run_config_keys);
}

Result<void> run_config_keys(const ConfigKeysOptions&, Context& context) {
  Table table{{{"key", "Key"},
               {"type", "Type"},
               {"default", "Default"},
               {"help", "Meaning"},
               {"aliases", context.format == Format::kTable ? "" : "Also read from"}},
              {}};
  for (const auto& key : config_keys()) {
    std::string aliases;
    for (const auto& alias : key.aliases) {
      aliases += (aliases.empty() ? "" : ", ") + code(alias, context.format);
    }
    table.rows.push_back({text_cell(key.name), text_cell(key.type), text_cell(key.default_text),
                          text_cell(key.help), text_cell(join_list(key.aliases))});
    table.rows.back()[0].text = code(key.name, context.format);
    table.rows.back()[2].text = code(key.default_text, context.format);
    table.rows.back()[4].text = aliases;
  }
  context.print_list(table);
  return {};
}

}  // namespace chatgate
