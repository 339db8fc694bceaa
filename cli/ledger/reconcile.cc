#include "cli/ledger/reconcile.h"

#include <algorithm>
#include <istream>

#include "cli/commands.h"
#include "cli/user/users.h"
#include "common/billing/reconciliation.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"
#include "common/text/text_file.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

// Whole days in UTC, from the first up to, but without, the last.
struct Days {
  int64_t first = 0;
  int64_t end = 0;
};

struct Books {
  UsageLines lines;
  int64_t requests_in_other_units = 0;  // their cost is in no sum
};

Result<ProviderUsage> read_theirs(const LedgerReconcileOptions& options, const Unit& unit,
                                  Context& context) {
  const auto text = options.file == "-"
                        ? read_text(context.in(), "standard input", kProviderUsageBytesMax)
                        : read_text_file(options.file, kProviderUsageBytesMax);
  if (!text) return tl::unexpected(text.error());
  Progress progress(context, "reading usage", "bytes");
  auto usage = read_provider_usage(*text, unit.code, progress.report());
  if (!usage) return fail(usage.error().code, options.file + ": " + usage.error().message);
  return usage;
}

Result<Days> parse_days(const LedgerReconcileOptions& options, const ProviderUsage& theirs,
                        Timestamp now) {
  Days days{*theirs.first_day, *theirs.last_day + 1};
  if (!options.since.empty()) {
    const auto since = parse_moment(options.since, now, Direction::kPast);
    if (!since) return fail(ErrorCode::kInvalidArgument, "--since: " + since.error().message);
    days.first = day_of(*since);
  }
  if (!options.until.empty()) {
    const auto until = parse_moment(options.until, now, Direction::kPast);
    if (!until) return fail(ErrorCode::kInvalidArgument, "--until: " + until.error().message);
    days.end = day_of(*until);
  }
  if (days.first < days.end) return days;
  return fail(ErrorCode::kInvalidArgument, "there is no whole day from " +
                                               format_date(start_of_day(days.first)) + " until " +
                                               format_date(start_of_day(days.end)) + " to compare");
}

// An upstream is known by the configuration, or by a request that went to it once.
Result<void> check_upstream(const std::string& name, Store& store, const Context& context) {
  NearMiss near_miss(name);
  const auto loaded = load_config(context.config_file, context.flags(), context.environment());
  if (loaded) {
    for (const auto& upstream : loaded->config.upstreams) {
      if (upstream.name == name) return {};
      near_miss.offer(upstream.name);
    }
  }
  UsageQuery query;
  query.until = {context.now().unix_ms + 1};
  query.upstream = name;
  const auto lines = store.summarize_usage(query);
  if (!lines) return tl::unexpected(lines.error());
  if (!lines->empty()) return {};
  return fail(ErrorCode::kNotFound,
              "no request went to an upstream " + quote(name) + did_you_mean(near_miss.best()));
}

Result<UsageQuery> query_for(const LedgerReconcileOptions& options, const Days& days, bool by_model,
                             Store& store) {
  UsageQuery query;
  query.from = start_of_day(days.first);
  query.until = start_of_day(days.end);
  // Requests that failed at the provider are in no bill of its, so the status must be known.
  query.group_by = {UsageDimension::kDay, UsageDimension::kStatus};
  if (by_model) query.group_by.push_back(UsageDimension::kModel);
  if (!options.upstream.empty()) query.upstream = options.upstream;
  if (!options.user.empty()) {
    const auto user = require_user(store, options.user);
    if (!user) return tl::unexpected(user.error());
    query.user = user->id;
  }
  return query;
}

Result<Books> read_ours(const UsageQuery& query, const Unit& unit, Store& store, Timestamp now) {
  const auto rows = store.summarize_usage(query);
  if (!rows) return tl::unexpected(rows.error());
  Books books;
  for (const auto& row : *rows) {
    if (row.status == name_of(UsageStatus::kFailed)) continue;
    const auto day = parse_moment(row.period, now, Direction::kPast);
    if (!day) return tl::unexpected(day.error());
    const bool has_cost = row.unit == unit;
    if (!has_cost) books.requests_in_other_units += row.requests;
    MeasureSums& sums = books.lines[{day_of(*day), row.model}];
    const MeasureSums more{row.requests, row.usage.prompt, row.usage.cached_prompt,
                           row.usage.completion, has_cost ? row.cost.nanos : 0};
    for (size_t i = 0; i < kMeasureCount; ++i) {
      if (__builtin_add_overflow(sums[i], more[i], &sums[i])) {
        return fail(ErrorCode::kRefused, "a sum is too large to be counted: compare fewer days");
      }
    }
  }
  return books;
}

UsageLines lines_within(const UsageLines& lines, const Days& days, bool by_model) {
  UsageLines within;
  for (const auto& [line, sums] : lines) {
    if (line.day < days.first || line.day >= days.end) continue;
    const bool has_no_name = by_model && line.model.empty();
    within[{line.day, has_no_name ? "(no model)" : line.model}] = sums;
  }
  return within;
}

Table table_of_comparisons(const std::vector<Comparison>& comparisons, const Unit& unit,
                           bool shows_all) {
  Table table{{{"day", "DAY (UTC)"},
               {"model", "MODEL", false, Weight::kKey},
               {"measure", "WHAT", false, Weight::kKey},
               {"ours", "OURS", true, Weight::kMoney},
               {"theirs", "THEIRS", true, Weight::kMoney},
               {"difference", "DIFFERENCE", true, Weight::kMoney},
               {"agrees", ""}},
              {}};
  for (const auto& row : comparisons) {
    if (row.agrees && !shows_all) continue;
    const bool is_money = row.measure == Measure::kCost;
    const auto cell = [&](int64_t amount) {
      return is_money ? money_cell({amount}, unit) : number_cell(amount);
    };
    int64_t difference = 0;
    const bool is_countable = !__builtin_sub_overflow(row.ours, row.theirs, &difference);
    table.rows.push_back(
        {text_cell(format_date(start_of_day(row.line.day))),
         row.line.model.empty() ? Cell{nullptr, "(all)"} : text_cell(row.line.model),
         text_cell(name_of(row.measure)), cell(row.ours), cell(row.theirs),
         is_countable ? cell(difference) : empty_cell(), boolean_cell(row.agrees)});
  }
  return table;
}

void tell_about_files(const ProviderUsage& theirs, const Books& ours, const Unit& unit,
                      Context& context) {
  if (theirs.has_more) {
    context.hint("note: the file is one page of several (has_more); compare a list of all pages");
  }
  if (theirs.amounts_rounded > 0) {
    context.hint("note: " + std::to_string(theirs.amounts_rounded) +
                 " of their amounts were rounded, half to even, to 0.000000001");
  }
  if (theirs.amounts_in_other_units > 0) {
    context.hint("note: " + std::to_string(theirs.amounts_in_other_units) +
                 " of their amounts are not in " + unit.code + " and were left out");
  }
  if (ours.requests_in_other_units > 0 && theirs.has[static_cast<size_t>(Measure::kCost)]) {
    context.hint("note: the cost of " + std::to_string(ours.requests_in_other_units) +
                 " requests of ours is not in " + unit.code + " and was left out");
  }
}

void tell_about_snapshots(const UsageLines& ours, const UsageLines& theirs, Context& context) {
  for (const auto& [model, snapshot] : likely_snapshots(ours, theirs)) {
    context.hint("hint: " + quote(model) + " here may be " + quote(snapshot) +
                 " there: --join-snapshots counts both as one");
  }
}

int tell_result(const std::vector<Comparison>& comparisons, const Days& days, Context& context) {
  const auto differing = std::ranges::count(comparisons, false, &Comparison::agrees);
  const std::string period = " from " + format_date(start_of_day(days.first)) + " to " +
                             format_date(start_of_day(days.end - 1)) + " (UTC)";
  if (differing == 0) {
    context.hint("all " + std::to_string(comparisons.size()) + " sums agree" + period);
    return 0;
  }
  context.hint(std::to_string(differing) + " of " + std::to_string(comparisons.size()) +
               " sums differ" + period);
  return 1;
}

}  // namespace

void register_ledger_reconcile(CLI::App& noun, Context& context) {
  auto options = std::make_shared<LedgerReconcileOptions>();
  CLI::App* verb = add_verb(
      noun, "reconcile", "compare the books with a provider's usage export (status 1: differ)",
      "  chatgate ledger reconcile usage.json\n"
      "  chatgate ledger reconcile activity.csv --since 2026-11-01 --until 2026-12-01\n"
      "  chatgate ledger reconcile costs.json --upstream openai --tolerance 0.01");
  verb->add_option("FILE", options->file,
                   "JSON of OpenAI's usage or costs API, its CSV, or\n"
                   "what `usage report --by day,model` prints; -: stdin")
      ->type_name("")
      ->required();
  verb->add_option("--since", options->since, "first day in UTC (default: the file's)")
      ->type_name("TIME");
  verb->add_option("--until", options->until, "first day left out (default: the file's)")
      ->type_name("TIME");
  verb->add_option("--user", options->user, "our requests of this account only")->type_name("NAME");
  verb->add_option("--upstream", options->upstream, "our requests to this upstream only")
      ->type_name("NAME");
  verb->add_option("--currency", options->currency, "of the costs (default: USD)")
      ->type_name("CODE");
  verb->add_option("--tolerance", options->tolerance, "that costs may differ by (default: 0)")
      ->type_name("AMOUNT");
  verb->add_flag("--all", options->all, "also the sums that agree");
  verb->add_flag("--join-snapshots", options->join_snapshots,
                 "count gpt-4o-2024-08-06 as gpt-4o, on both sides");
  bind(verb, options, context, run_ledger_reconcile);
}

Result<int> run_ledger_reconcile(const LedgerReconcileOptions& options, Context& context) {
  const auto unit = parse_unit(options.currency);
  if (!unit) return fail(ErrorCode::kInvalidArgument, "--currency: " + unit.error().message);
  const auto tolerance = parse_money(options.tolerance, *unit);
  if (!tolerance || tolerance->is_negative()) {
    return fail(ErrorCode::kInvalidArgument,
                "--tolerance: " + quote(options.tolerance) + " is not an amount of 0 or more");
  }
  const auto theirs = read_theirs(options, *unit, context);
  if (!theirs) return tl::unexpected(theirs.error());
  const auto days = parse_days(options, *theirs, context.now());
  if (!days) return tl::unexpected(days.error());
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto query = query_for(options, *days, theirs->has_models, **store);
  if (!query) return tl::unexpected(query.error());
  const auto ours = read_ours(*query, *unit, **store, context.now());
  if (!ours) return tl::unexpected(ours.error());
  if (ours->lines.empty() && query->upstream) {
    auto checked = check_upstream(*query->upstream, **store, context);
    if (!checked) return tl::unexpected(checked.error());
  }

  UsageLines our_lines = lines_within(ours->lines, *days, theirs->has_models);
  UsageLines their_lines = lines_within(theirs->lines, *days, theirs->has_models);
  if (options.join_snapshots) {
    our_lines = with_snapshots_joined(our_lines);
    their_lines = with_snapshots_joined(their_lines);
  }
  const auto comparisons = compare_usage(our_lines, their_lines, theirs->has, tolerance->nanos);
  const Table table = table_of_comparisons(comparisons, *unit, options.all);
  if (!table.rows.empty() || context.format != Format::kTable) context.print_list(table);
  context.out().flush();
  tell_about_files(*theirs, *ours, *unit, context);
  tell_about_snapshots(our_lines, their_lines, context);
  return tell_result(comparisons, *days, context);
}

}  // namespace chatgate
