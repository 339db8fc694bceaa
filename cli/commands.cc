#include "cli/commands.h"

#include <map>

#include "cli/help.h"
#include "version.h"

namespace chatgate {
namespace {

const std::map<std::string, Format> kFormats{{"table", Format::kTable},
                                             {"json", Format::kJson},
                                             {"jsonl", Format::kJsonLines},
                                             {"csv", Format::kCsv},
                                             {"markdown", Format::kMarkdown}};

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
         "how data is printed")
      ->check(CLI::IsMember({"table", "json", "jsonl", "csv", "markdown"}))
      ->type_name("FORMAT")
      ->take_last();
  app.add_option("--color", context.color, "when tables are coloured")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN")
      ->take_last();
}

// Who may use the gateway, at which price, and what was used.
void register_book_commands(CLI::App& app, Context& context) {
  CLI::App* user = add_noun(app, "user", "accounts and their balances");
  register_user_add(*user, context);
  register_user_list(*user, context);
  register_user_show(*user, context);
  register_user_block(*user, context);
  register_user_unblock(*user, context);
  register_user_passwd(*user, context);
  register_user_rename(*user, context);
  register_user_remove(*user, context);
  register_user_unarchive(*user, context);
  register_user_recharge(*user, context);
  register_user_budget(*user, context);
  register_user_limit(*user, context);

  CLI::App* token = add_noun(app, "token", "the tokens that accounts are used by");
  register_token_add(*token, context);
  register_token_list(*token, context);
  register_token_show(*token, context);
  register_token_revoke(*token, context);
  register_token_rotate(*token, context);

  CLI::App* price = add_noun(app, "price", "what models cost");
  register_price_set(*price, context);
  register_price_list(*price, context);
  register_price_remove(*price, context);
  register_price_import(*price, context);
  register_price_diff(*price, context);

  CLI::App* usage = add_noun(app, "usage", "what was used and what it cost");
  register_usage_report(*usage, context);
  register_usage_export(*usage, context);
  register_usage_tail(*usage, context);

  CLI::App* conversation = add_noun(app, "conversation", "what is remembered of conversations");
  register_conversation_list(*conversation, context);
  register_conversation_show(*conversation, context);
  register_conversation_export(*conversation, context);
  register_conversation_purge(*conversation, context);

  CLI::App* ledger = add_noun(app, "ledger", "the books");
  register_ledger_show(*ledger, context);
  register_ledger_verify(*ledger, context);
  register_ledger_reconcile(*ledger, context);
}

// What the gateway runs with and works on.
void register_gateway_commands(CLI::App& app, Context& context) {
  register_serve(app, context);

  CLI::App* inflight = add_noun(app, "inflight", "the requests that the gateway is working on");
  register_inflight_list(*inflight, context);
  register_inflight_kill(*inflight, context);

  CLI::App* db = add_noun(app, "db", "the database as a file");
  register_db_init(*db, context);
  register_db_check(*db, context);
  register_db_backup(*db, context);
  register_db_restore(*db, context);
  register_db_migrate(*db, context);
  register_db_vacuum(*db, context);
  register_db_prune(*db, context);

  CLI::App* config = add_noun(app, "config", "the configuration in force");
  register_config_show(*config, context);
  register_config_check(*config, context);
  register_config_keys(*config, context);
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
  verb->footer(footer_of_examples(examples));
  return verb;
}

void register_commands(CLI::App& app, Context& context) {
  app.description("A metering gateway in front of OpenAI-shaped servers.");
  app.footer("`chatgate NOUN VERB --help` shows a verb's options and examples.");
  app.formatter(help_formatter());
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", "chatgate " + std::string(kVersion), "print the version");
  app.require_subcommand(0, 1);
  add_global_options(app, context);

  register_gateway_commands(app, context);
  register_book_commands(app, context);

  CLI::App* completion = add_noun(app, "completion", "completion of command lines in your shell");
  register_completion_scripts(*completion, context);

  register_complete(app, context);
  register_manual(app, context);
}

}  // namespace chatgate
