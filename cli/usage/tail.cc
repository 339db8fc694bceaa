#include "cli/usage/tail.h"

#include <algorithm>
#include <unordered_set>

#include "cli/commands.h"
#include "cli/usage/usage_entries.h"

namespace chatgate {
namespace {

constexpr size_t kPageRows = 1'000;
constexpr int64_t kPollMs = 250;
// A request may run long; two days are far more than any server keeps one.
constexpr int64_t kLookBackMs = 2 * 86'400'000LL;
// Of the time, at most a fifth is spent reading.
constexpr int64_t kPauseOfReading = 4;

// The latest that match, oldest first.
Result<std::vector<UsageEntry>> read_last(Store& store, UsageFilter filter, size_t count) {
  filter.from = {0};
  filter.until = {INT64_MAX};
  UsageCursor cursor;
  cursor.newest_first = true;
  std::vector<UsageEntry> last;
  while (last.size() < count && !cursor.is_at_end) {
    auto page = store.next_usage(filter, cursor, std::max(count, kPageRows));
    if (!page) return page;
    page->resize(std::min(page->size(), count - last.size()));
    std::ranges::move(*page, std::back_inserter(last));
  }
  std::ranges::reverse(last);
  return last;
}

class Follower {
 public:
  Follower(Store& store, UsageFilter filter, RowPrinter& printer, Context& context)
      : store_(store), filter_(std::move(filter)), printer_(printer), context_(context) {}

  // What is booked from now on will be printed, but for rows that `skip` names.
  Result<void> begin() { return read(); }
  void skip(const std::vector<UsageEntry>& printed) {
    for (const auto& entry : printed) skipped_.insert(entry.record.id);
  }

  // Until Ctrl-C, or until nobody reads any more.
  Result<void> run() {
    const InterruptGuard guard;
    int64_t reading_ms = 0;
    while (!InterruptGuard::was_interrupted() && context_.out()) {
      if (wait_while_read(std::max(kPollMs, reading_ms * kPauseOfReading))) break;
      const auto changed = store_.changed_elsewhere();
      if (!changed) return tl::unexpected(changed.error());
      if (!*changed) continue;
      const int64_t begun_ms = context_.clock().steady_ms();
      if (auto done = read(); !done) return done;
      reading_ms = context_.clock().steady_ms() - begun_ms;
    }
    return {};
  }

 private:
  Result<void> read() {
    filter_.from = {context_.now().unix_ms - kLookBackMs};
    const auto entries = store_.booked_usage(filter_, marks_);
    if (!entries) return tl::unexpected(entries.error());
    for (const auto& entry : *entries) {
      if (skipped_.erase(entry.record.id) == 0) printer_.row(row_of_entry(entry));
    }
    context_.out().flush();
    return {};
  }

  Store& store_;
  UsageFilter filter_;
  RowPrinter& printer_;
  Context& context_;
  UsageMarks marks_;
  std::unordered_set<RequestId> skipped_;
};

}  // namespace

void register_usage_tail(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UsageTailOptions>();
  CLI::App* verb = add_verb(noun, "tail", "print the last requests, and follow new ones",
                            "  chatgate usage tail\n"
                            "  chatgate usage tail -f --user alice\n"
                            "  chatgate usage tail -f -n 0 --format jsonl");
  verb->add_option("-n,--lines", options->lines, "how many (default: 10)")
      ->check(CLI::Range(int64_t{0}, int64_t{100'000}))
      ->type_name("N");
  verb->add_flag("-f,--follow", options->follow, "go on with those that end from now on");
  add_choice_options(*verb, options->filter);
  bind(verb, options, context, run_usage_tail);
}

Result<void> run_usage_tail(const UsageTailOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto filter = make_usage_filter(options.filter, TimeZone::utc(), **store, context.now());
  if (!filter) return tl::unexpected(filter.error());
  if (filter->model) {
    if (auto checked = check_model(**store, *filter->model); !checked) return checked;
  }
  RowPrinter printer = context.list_printer(columns_of_entries());
  Follower follower(**store, *filter, printer, context);
  // Before the last rows are read, so that none is booked unseen in between.
  if (options.follow) {
    if (auto begun = follower.begin(); !begun) return begun;
  }
  const auto last = read_last(**store, *filter, static_cast<size_t>(options.lines));
  if (!last) return tl::unexpected(last.error());
  for (const auto& entry : *last) printer.row(row_of_entry(entry));
  if (options.follow) {
    printer.begin();
    context.out().flush();
    follower.skip(*last);
    if (auto done = follower.run(); !done) return done;
  }
  printer.end();
  return {};
}

}  // namespace chatgate
