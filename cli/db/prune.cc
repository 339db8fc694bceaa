#include "cli/db/prune.h"

#include "cli/commands.h"
#include "cli/db/facts.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

// Clients read the last week row by row, and people ask about the month.
constexpr std::string_view kAgeMin = "1mo";

Result<Timestamp> parse_limit(const std::string& older_than, Timestamp now) {
  const auto limit = parse_moment(older_than, now, Direction::kPast);
  if (!limit) return fail(ErrorCode::kInvalidArgument, "--older-than: " + limit.error().message);
  if (*limit > *parse_moment(kAgeMin, now, Direction::kPast)) {
    return fail(ErrorCode::kRefused, "--older-than: the rows of the last month stay: give " +
                                         std::string(kAgeMin) + " or more");
  }
  return start_of_day(day_of(*limit));
}

std::string counted(int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

Table table_of_pruned(const PrunedUsage& pruned) {
  return {{{"rows", "ROWS", true},
           {"days", "DAYS", true},
           {"bytes", "SIZE", true},
           {"kept_from", "KEPT FROM"}},
          {{number_cell(pruned.rows), number_cell(pruned.days), bytes_cell(pruned.bytes),
            time_cell(pruned.kept_from)}}};
}

}  // namespace

void register_db_prune(CLI::App& noun, Context& context) {
  auto options = std::make_shared<DbPruneOptions>();
  CLI::App* verb = add_verb(noun, "prune", "delete old usage rows; the sums of each day stay",
                            "  chatgate db prune --older-than 13mo --dry-run\n"
                            "  chatgate db prune --older-than 13mo\n"
                            "  chatgate db prune --older-than 2025-01-01 --yes");
  verb->add_option("--older-than", options->older_than,
                   "whole days (UTC) before 13mo, 2y, 2025-01-01")
      ->type_name("TIME")
      ->required();
  verb->add_flag("--dry-run", options->dry_run, "only say what would be deleted");
  verb->add_flag("--yes", options->yes, "do not ask");
  bind(verb, options, context, run_db_prune);
}

Result<void> run_db_prune(const DbPruneOptions& options, Context& context) {
  const auto before = parse_limit(options.older_than, context.now());
  if (!before) return tl::unexpected(before.error());
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto prunable = [&] {
    Progress progress(context, "counting", "pages");
    return (*store)->count_prunable_usage(*before, progress.report());
  }();
  if (!prunable) return tl::unexpected(prunable.error());
  if (prunable->kept_from < *before) {
    context.hint("rows since " + format_date(prunable->kept_from) +
                 " stay: a request of that day was cut off and is booked when the gateway starts");
  }
  if (options.dry_run || prunable->rows == 0) {
    context.print_one(table_of_pruned(*prunable));
    return {};
  }
  const auto agreed = confirm(context,
                              "delete " + counted(prunable->rows, "usage row") + " of " +
                                  counted(prunable->days, "day") + " before " +
                                  format_date(prunable->kept_from) + "?",
                              options.yes);
  if (!agreed) return agreed;
  const auto pruned = [&] {
    Progress progress(context, "pruning", "rows");
    return (*store)->prune_usage(*before, progress.report());
  }();
  if (!pruned) return tl::unexpected(pruned.error());
  context.print_one(table_of_pruned(*pruned));
  if (!pruned->stopped) return {};
  return fail(ErrorCode::kInterrupted, "stopped: what began before " +
                                           format_minute(pruned->kept_from) +
                                           " is pruned, nothing else: the same command goes on");
}

}  // namespace chatgate
