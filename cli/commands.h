// The tree of commands. Each verb has a file of its own with an options struct, a register
// function that only parses, and a run function that works and that the tests call.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command_tree.h"
#include "cli/context.h"

namespace chatgate {

// Adds every noun and verb to `app`.
void register_commands(CLI::App& app, Context& context);

// A noun, "user", that holds verbs; a verb with its sentence and example lines for --help. Global
// options are accepted after either.
CLI::App* add_noun(CLI::App& app, const std::string& name, const std::string& help);
CLI::App* add_verb(CLI::App& noun, const std::string& name, const std::string& help,
                   const std::string& examples);

// Lets the parsed `verb` call run(options, context).
template <class Options>
void bind(CLI::App* verb, std::shared_ptr<Options> options, Context& context,
          Result<void> (*run)(const Options&, Context&)) {
  verb->callback([options, &context, run] {
    context.action = [options, &context, run] {
      return run(*options, context).map([] { return 0; });
    };
  });
}

// The same for a verb whose success has an exit status of its own.
template <class Options>
void bind(CLI::App* verb, std::shared_ptr<Options> options, Context& context,
          Result<int> (*run)(const Options&, Context&)) {
  verb->callback([options, &context, run] {
    context.action = [options, &context, run] { return run(*options, context); };
  });
}

void register_user_add(CLI::App& noun, Context& context);
void register_user_list(CLI::App& noun, Context& context);
void register_user_show(CLI::App& noun, Context& context);
void register_user_block(CLI::App& noun, Context& context);
void register_user_unblock(CLI::App& noun, Context& context);
void register_user_passwd(CLI::App& noun, Context& context);
void register_user_rename(CLI::App& noun, Context& context);
void register_user_remove(CLI::App& noun, Context& context);
void register_user_unarchive(CLI::App& noun, Context& context);
void register_user_recharge(CLI::App& noun, Context& context);
void register_user_budget(CLI::App& noun, Context& context);
void register_user_limit(CLI::App& noun, Context& context);
void register_token_add(CLI::App& noun, Context& context);
void register_token_list(CLI::App& noun, Context& context);
void register_token_show(CLI::App& noun, Context& context);
void register_token_revoke(CLI::App& noun, Context& context);
void register_token_rotate(CLI::App& noun, Context& context);
void register_price_set(CLI::App& noun, Context& context);
void register_price_list(CLI::App& noun, Context& context);
void register_price_remove(CLI::App& noun, Context& context);
void register_price_import(CLI::App& noun, Context& context);
void register_price_diff(CLI::App& noun, Context& context);
void register_usage_report(CLI::App& noun, Context& context);
void register_usage_export(CLI::App& noun, Context& context);
void register_usage_tail(CLI::App& noun, Context& context);
void register_conversation_list(CLI::App& noun, Context& context);
void register_conversation_show(CLI::App& noun, Context& context);
void register_conversation_export(CLI::App& noun, Context& context);
void register_conversation_purge(CLI::App& noun, Context& context);
void register_inflight_list(CLI::App& noun, Context& context);
void register_inflight_kill(CLI::App& noun, Context& context);
void register_ledger_show(CLI::App& noun, Context& context);
void register_ledger_verify(CLI::App& noun, Context& context);
void register_ledger_reconcile(CLI::App& noun, Context& context);
void register_db_init(CLI::App& noun, Context& context);
void register_db_check(CLI::App& noun, Context& context);
void register_db_backup(CLI::App& noun, Context& context);
void register_db_restore(CLI::App& noun, Context& context);
void register_db_migrate(CLI::App& noun, Context& context);
void register_db_vacuum(CLI::App& noun, Context& context);
void register_db_prune(CLI::App& noun, Context& context);
void register_config_show(CLI::App& noun, Context& context);
void register_config_check(CLI::App& noun, Context& context);
void register_config_keys(CLI::App& noun, Context& context);
void register_completion_scripts(CLI::App& noun, Context& context);
void register_serve(CLI::App& app, Context& context);
// Hidden commands: what completion asks for, and the manual pages that the build makes.
void register_complete(CLI::App& app, Context& context);
void register_manual(CLI::App& app, Context& context);

}  // namespace chatgate
