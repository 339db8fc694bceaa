#include "cli/usage/export.h"

#include <optional>

#include "cli/commands.h"
#include "cli/usage/usage_entries.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

// Read in one transaction and held in memory.
constexpr size_t kPageRows = 5'000;

// How many rows an export will have: the sum of a report.
Result<int64_t> count_rows(Store& store, const UsageFilter& filter) {
  const auto lines = store.summarize_usage({filter, {}, {}});
  if (!lines) return tl::unexpected(lines.error());
  int64_t rows = 0;
  for (const auto& line : *lines) rows += line.requests;
  return rows;
}

}  // namespace

void register_usage_export(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UsageExportOptions>();
  CLI::App* verb =
      add_verb(noun, "export", "print each request: as CSV, or JSON with --format",
               "  chatgate usage export --since 2026-11-01 --until 2026-12-01 > november.csv\n"
               "  chatgate usage export --user alice --format jsonl | jq .cost");
  add_span_options(*verb, options->filter, "7d, 2026-12-01, yesterday (default: all)");
  add_choice_options(*verb, options->filter);
  bind(verb, options, context, run_usage_export);
}

Result<void> run_usage_export(const UsageExportOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto filter = make_usage_filter(options.filter, TimeZone::utc(), **store, context.now());
  if (!filter) return tl::unexpected(filter.error());
  if (filter->model) {
    if (auto checked = check_model(**store, *filter->model); !checked) return checked;
  }
  std::optional<Progress> progress;
  int64_t total = 0;
  if (context.terminal().has_errors && !context.terminal().has_output) {
    const auto count = count_rows(**store, *filter);
    if (count) total = *count;  // else there is no bar
    progress.emplace(context, "exporting", "rows");
  }
  // A table of all that was ever asked helps nobody.
  if (context.format == Format::kTable) context.format = Format::kCsv;
  RowPrinter printer = context.list_printer(columns_of_entries());
  UsageCursor cursor;
  for (int64_t done = 0; !cursor.is_at_end && context.out();) {
    const auto entries = (*store)->next_usage(*filter, cursor, kPageRows);
    if (!entries) return tl::unexpected(entries.error());
    for (const auto& entry : *entries) printer.row(row_of_entry(entry));
    done += static_cast<int64_t>(entries->size());
    if (progress && !progress->show(done, total)) {
      return fail(ErrorCode::kInterrupted,
                  "interrupted after " + std::to_string(done) + " requests");
    }
  }
  printer.end();
  const auto kept_from = (*store)->usage_kept_from();
  if (!kept_from) return tl::unexpected(kept_from.error());
  if (filter->from < *kept_from && kept_from->unix_ms > 0) {
    context.hint("requests before " + format_minute(*kept_from) + " have been pruned");
  }
  return {};
}

}  // namespace chatgate
