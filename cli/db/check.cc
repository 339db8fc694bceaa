#include "cli/db/check.h"

#include <ostream>
#include <sstream>
#include <utility>

#include "cli/commands.h"
#include "cli/db/facts.h"

namespace chatgate {
namespace {

std::string in_words(const std::vector<Discrepancy>& found) {
  std::string words;
  for (const auto& each : found) {
    words += (words.empty() ? "" : "; ") + each.invariant + ": " + each.detail;
  }
  return words;
}

// For programs everything is one object; a person sees the facts while the check still runs.
void print_findings(const std::vector<Discrepancy>& found, Table facts, Context& context) {
  if (context.format != Format::kTable) {
    facts.columns.push_back({"is_sound", "SOUND"});
    facts.columns.push_back({"findings", "FINDINGS"});
    facts.rows[0].push_back(boolean_cell(found.empty()));
    facts.rows[0].push_back(text_cell(in_words(found)));
    return context.print_one(facts);
  }
  if (found.empty()) {
    context.out() << "ok\n";
    return;
  }
  Table table{{{"rule", "RULE"}, {"detail", "DETAIL"}}, {}};
  for (const auto& each : found) {
    std::istringstream lines(each.detail);
    std::string rule = each.invariant;
    for (std::string line; std::getline(lines, line);) {
      table.rows.push_back({text_cell(std::exchange(rule, "")), text_cell(line)});
    }
  }
  context.print_list(table);
}

}  // namespace

void register_db_check(CLI::App& noun, Context& context) {
  CLI::App* verb = add_verb(noun, "check", "whether the file and its tables are sound",
                            "  chatgate db check\n"
                            "  chatgate --db backup.db db check --format json");
  bind(verb, std::make_shared<DbCheckOptions>(), context, run_db_check);
}

Result<void> run_db_check(const DbCheckOptions&, Context& context) {
  const auto keeper = context.open_maintenance();
  if (!keeper) return tl::unexpected(keeper.error());
  const auto facts = (*keeper)->facts();
  if (!facts) return tl::unexpected(facts.error());
  const auto change = (*keeper)->schema_change();
  if (!change) return tl::unexpected(change.error());
  if (context.format == Format::kTable) {
    context.print_one(table_of_facts(*facts));
    context.out() << std::flush;
  }
  const auto found = [&] {
    Progress progress(context, "checking", "pages");
    return (*keeper)->check(progress.report());
  }();
  if (!found) return tl::unexpected(found.error());
  print_findings(*found, table_of_facts(*facts), context);
  if (change->from_version < change->to_version) {
    context.hint("its tables are of version " + std::to_string(change->from_version) +
                 ", not compared: `chatgate db migrate` brings them to " +
                 std::to_string(change->to_version));
  }
  if (found->empty()) return {};
  return fail(ErrorCode::kInternal,
              "the database is damaged: restore a backup (chatgate db restore)");
}

}  // namespace chatgate
