#include "cli/commands.h"

#include <map>

#include "version.h"

namespace chatgate {
namespace {

const std::map<std::string, Format> kFormats{{"table", Format::kTable},
                                             {"json", Format::kJson},
                                             {"jsonl", Format::kJsonLines},
                                             {"csv", Format::kCsv},
                                             {"markdown", Format::kMarkdown}};

constexpr const char* kGlobalHelp =
    "Global options: --db PATH, --config FILE, --color auto|always|never,\n"
    "                --format table|json|jsonl|csv|markdown";

void add_global_options(CLI::App& app, Context& context) {
  app.add_option_function<std::string>(
         "--db", [&context](const std::string& path) { context.db = path; },
         "path of the database (default: chatgate.db, or what the configuration says)")
      ->type_name("PATH")
      ->take_last();
  app.add_option("--config", context.config_file,
                 "configuration file (default: chatgate.json, when there is one)")
      ->type_name("FILE")
      ->take_last();
  app.add_option_function<std::string>(
         "--format", [&context](const std::string& name) { context.format = kFormats.at(name); },
         "how data is printed: table, json, jsonl, csv or markdown")
      ->check(CLI::IsMember({"table", "json", "jsonl", "csv", "markdown"}))
      ->type_name("FORMAT")
      ->take_last();
  app.add_option("--color", context.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN")
      ->take_last();
}

}  // namespace

CLI::App* add_noun(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* noun = app.add_subcommand(name, help);
  noun->require_subcommand(0, 1)->fallthrough();
  noun->footer("`chatgate " + name + " VERB --help` shows a verb's options and examples.");
  return noun;
}

CLI::App* add_verb(CLI::App& noun, const std::string& name, const std::string& help,
                   const std::string& examples) {
  CLI::App* verb = noun.add_subcommand(name, help);
  verb->fallthrough();
  verb->footer(std::string(kGlobalHelp) + "\n\nExamples:\n" + examples);
  return verb;
}

void register_commands(CLI::App& app, Context& context) {
  app.description("A metering gateway in front of OpenAI-shaped servers.");
  app.footer(
      "`chatgate NOUN VERB --help` shows a verb's options and examples.\n"
      "Exit status: 0 done, 1 failure, 2 wrong usage or configuration, 3 not found,\n"
      "             4 refused by a rule, 5 database unavailable");
  app.set_version_flag("--version", "chatgate " + std::string(kVersion));
  app.require_subcommand(0, 1);
  add_global_options(app, context);

  register_serve(app, context);

  CLI::App* user = add_noun(app, "user", "accounts and their balances");
  register_user_add(*user, context);
  register_user_list(*user, context);
  register_user_show(*user, context);
  register_user_recharge(*user, context);

  CLI::App* token = add_noun(app, "token", "the tokens that accounts are used by");
  register_token_add(*token, context);
  register_token_list(*token, context);
  register_token_revoke(*token, context);

  CLI::App* price = add_noun(app, "price", "what models cost");
  register_price_set(*price, context);
  register_price_list(*price, context);

  CLI::App* usage = add_noun(app, "usage", "what was used and what it cost");
  register_usage_report(*usage, context);
  register_usage_export(*usage, context);
  register_usage_tail(*usage, context);

  CLI::App* ledger = add_noun(app, "ledger", "the books");
  register_ledger_verify(*ledger, context);

  CLI::App* config = add_noun(app, "config", "the configuration in force");
  register_config_show(*config, context);
  register_config_check(*config, context);
  register_config_keys(*config, context);
}

}  // namespace chatgate
