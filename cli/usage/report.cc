#include "cli/usage/report.h"

#include "cli/commands.h"
#include "cli/usage/report_chart.h"
#include "cli/usage/report_lines.h"
#include "common/text/quantity.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

constexpr std::string_view kSinceDefault = "30d";

PeriodKind period_kind_named(const std::string& name) {
  return name == "day" ? PeriodKind::kDay : name == "week" ? PeriodKind::kWeek : PeriodKind::kMonth;
}

Result<UsageQuery> make_query(const UsageReportOptions& options, const Groupings& groupings,
                              Store& store, Timestamp now) {
  const auto zone = find_time_zone(options.filter);
  if (!zone) return tl::unexpected(zone.error());
  UsageFilterOptions filter_options = options.filter;
  if (filter_options.since.empty()) filter_options.since = kSinceDefault;
  const auto filter = make_usage_filter(filter_options, *zone, store, now);
  if (!filter) return tl::unexpected(filter.error());
  UsageQuery query{*filter, {}, *zone};
  if (!options.last.empty()) {
    const TimeSpan span = last_whole_period(now, period_kind_named(options.last), *zone);
    query.from = span.from;
    query.until = span.until;
  }
  for (const auto* grouping : groupings) query.group_by.push_back(grouping->dimension);
  return query;
}

CLI::Validator is_at_least_one() {
  return CLI::Validator(
      [](std::string& text) {
        const auto number = parse_integer(text);
        return number && *number < 1 ? "is at least 1, not " + text : std::string();
      },
      "");
}

// What is printed: the lines themselves and, for people, the sums below them.
struct Report {
  std::vector<UsageSummary> lines;
  std::vector<UsageSummary> others;  // of the lines that --top left out
  std::vector<UsageSummary> totals;
};

Result<Report> make_report(std::vector<UsageSummary> lines, const std::optional<SortKey>& sort,
                           int64_t top, const Groupings& groupings) {
  Report report;
  const auto totals = sum_lines(lines, 0, groupings, "total");
  if (!totals) return tl::unexpected(totals.error());
  // A total of one line says nothing new.
  if (totals->size() < lines.size()) report.totals = *totals;
  if (sort) sort_lines(lines, *sort);
  const auto count = static_cast<size_t>(top);
  if (top > 0 && count < lines.size()) {
    const std::string label = "(" + std::to_string(lines.size() - count) + " more)";
    const auto others = sum_lines(lines, count, groupings, label);
    if (!others) return tl::unexpected(others.error());
    report.others = *others;
    lines.resize(count);
  }
  report.lines = std::move(lines);
  return report;
}

Result<void> print_lines(std::vector<UsageSummary> lines, const UsageQuery& query,
                         const Groupings& groupings, const std::optional<SortKey>& sort,
                         int64_t top, bool is_for_people, Context& context) {
  const auto report = make_report(std::move(lines), sort, top, groupings);
  if (!report) return tl::unexpected(report.error());
  RowPrinter printer = context.list_printer(columns_of_report(groupings));
  const auto print = [&](const std::vector<UsageSummary>& rows) {
    for (const auto& row : rows) printer.row(row_of_report(row, groupings, query.zone));
  };
  print(report->lines);
  if (is_for_people) {
    print(report->others);
    print(report->totals);
  }
  printer.end();
  return {};
}

Result<void> print_chart(const std::vector<UsageSummary>& lines, const UsageQuery& query,
                         const Groupings& groupings, const std::optional<SortKey>& sort,
                         int64_t top, Context& context) {
  const bool is_series = is_drawn_as_series(groupings);
  const Groupings shown = is_series ? other_than_period(groupings) : groupings;
  auto merged = is_series ? merge_lines(lines, shown) : Result<std::vector<UsageSummary>>(lines);
  if (!merged) return tl::unexpected(merged.error());
  const Grouping* period = period_of(groupings);
  if (period != nullptr && !is_series && !sort) {
    merged = with_empty_periods(*std::move(merged), *period->period, query.zone);
  }
  const auto report = make_report(*merged, sort, top, shown);
  if (!report) return tl::unexpected(report.error());
  const LineMeasure& measure =
      sort && sort->measure != nullptr ? *sort->measure : measure_named("cost");
  context.print_list(table_of_chart(
      {groupings, shown, measure, query, report->lines, report->others, report->totals, lines},
      context));
  return {};
}

}  // namespace

void register_usage_report(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UsageReportOptions>();
  CLI::App* verb = add_verb(noun, "report", "sum up requests, tokens and cost",
                            "  chatgate usage report --since 7d --by user,model\n"
                            "  chatgate usage report --last month --timezone Europe/Berlin\n"
                            "  chatgate usage report --by user --sort cost --top 10\n"
                            "  chatgate usage report --by day,model --chart\n"
                            "  chatgate usage report --user alice --by day --format csv");
  add_span_options(*verb, options->filter, "7d, 2026-12-01, yesterday (default: 30d)");
  verb->add_option("--last", options->last, "the last whole day, week (from Monday) or month")
      ->check(CLI::IsMember({"day", "week", "month"}))
      ->excludes("--since")
      ->excludes("--until")
      ->type_name("PERIOD");
  verb->add_option("--timezone", options->filter.timezone,
                   "where days begin: Europe/Berlin (default: UTC)")
      ->type_name("ZONE");
  verb->add_option("--by", options->by,
                   "any of user,token,model,day,hour,week,month,\n"
                   "endpoint,status (default: user,model)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("LIST")
      ->check(offers("user,token,model,day,hour,week,month,endpoint,status"));
  add_choice_options(*verb, options->filter);
  verb->add_option("--sort", options->sort, "cost, requests, tokens or a column")
      ->check(offers("cost,requests,tokens,user,token,model,day,hour,week,month,endpoint,status"))
      ->type_name("NAME");
  verb->add_option("--top", options->top, "only the first N lines and the sum of the others")
      ->check(is_at_least_one())
      ->type_name("N");
  verb->add_flag("--chart", options->chart, "bars, and a line over time for each series");
  bind(verb, options, context, run_usage_report);
}

Result<void> run_usage_report(const UsageReportOptions& options, Context& context) {
  const auto groupings = parse_groupings(options.by);
  if (!groupings) return tl::unexpected(groupings.error());
  std::optional<SortKey> sort;
  if (!options.sort.empty() || options.top > 0) {
    const auto key = parse_sort_key(options.sort.empty() ? "cost" : options.sort, *groupings);
    if (!key) return tl::unexpected(key.error());
    sort = *key;
  }
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto query = make_query(options, *groupings, **store, context.now());
  if (!query) return tl::unexpected(query.error());

  auto lines = (*store)->summarize_usage(*query);
  if (!lines) return tl::unexpected(lines.error());
  if (lines->empty() && query->model) {
    if (auto checked = check_model(**store, *query->model); !checked) return checked;
  }
  const bool is_for_people =
      context.format == Format::kTable || context.format == Format::kMarkdown;
  auto printed = options.chart && is_for_people
                     ? print_chart(*lines, *query, *groupings, sort, options.top, context)
                     : print_lines(*std::move(lines), *query, *groupings, sort, options.top,
                                   is_for_people, context);
  if (!printed) return printed;
  if (context.format == Format::kTable) {
    context.hint("from " + format_minute(query->from, query->zone) + " until " +
                 format_minute(query->until, query->zone) + ", time zone " + query->zone.name());
  }
  return {};
}

}  // namespace chatgate
