#include "cli/config/check.h"

#include "cli/commands.h"
#include "common/config/explain.h"
#include "common/secrets/secrets.h"
#include "common/text/time_text.h"
#include "server/tls/tls_context.h"

namespace chatgate {
namespace {

// What TLS comes to, with what should be looked at. Nothing where there is none.
Result<std::vector<std::string>> explain_tls(const Config& config) {
  std::vector<std::string> lines;
  const auto settings = tls_settings_of(config);
  if (!settings.is_on()) return lines;
  const auto context = TlsContext::load(settings.files);
  if (!context) return tl::unexpected(context.error());
  std::string line = "TLS: the main port speaks https alone; certificate valid until " +
                     format_rfc3339((*context)->valid_until()) + "; client certificates ";
  if (settings.files.client_auth == ClientAuth::kOff) {
    line += "are not asked for";
  } else {
    line += settings.files.client_auth == ClientAuth::kRequired ? "are required" : "are optional";
    line += ", " + std::to_string(settings.client_users.size()) + " of them prove an account";
  }
  lines.push_back(std::move(line));
  for (const auto& warning : (*context)->warnings()) lines.push_back("warning: " + warning);
  return lines;
}

}  // namespace

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
  const auto tls = explain_tls(loaded->config);
  if (!tls) return tl::unexpected(tls.error());
  Table table{{{"key", "KEY"}, {"origin", "FROM"}, {"value", "VALUE"}}, {}};
  for (const auto& origin : loaded->origins) {
    if (origin.origin == "default") continue;
    table.rows.push_back(
        {text_cell(origin.key), text_cell(origin.origin), text_cell(origin.value)});
  }
  if (!table.rows.empty() || context.format != Format::kTable) context.print_list(table);
  for (const auto& line : explain(*loaded)) context.hint(line);
  for (const auto& line : *tls) context.hint(line);
  return {};
}

}  // namespace chatgate
