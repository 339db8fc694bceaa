// The lines of a usage report between the store, which sums them, and the printer: what a report
// can be grouped and sorted by, the lines that stand for others, and their cells. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"
#include "common/store/store.h"
#include "common/text/period.h"

namespace chatgate {

struct Grouping {
  std::string_view name;  // on the command line and of the column
  std::string_view header;
  UsageDimension dimension;
  std::string UsageSummary::*field;
  std::optional<PeriodKind> period = std::nullopt;
};
using Groupings = std::vector<const Grouping*>;
// kInvalidArgument for a name that there is not, and for two periods.
Result<Groupings> parse_groupings(const std::vector<std::string>& names);

// A figure of a line.
struct LineMeasure {
  std::string_view name;  // of the column
  std::string_view header;
  int64_t (*value)(const UsageSummary& line);
  bool is_money = false;
  Weight weight = Weight::kCommon;
};
const LineMeasure& measure_named(std::string_view name);  // REQUIRES: there is one

// What lines are sorted by: one of the two.
struct SortKey {
  const Grouping* grouping = nullptr;    // ascending
  const LineMeasure* measure = nullptr;  // descending, and account units apart
};
// "cost", "requests", "tokens", a column's name; kInvalidArgument for another.
Result<SortKey> parse_sort_key(const std::string& name, const Groupings& groupings);
void sort_lines(std::vector<UsageSummary>& lines, const SortKey& key);

// One sum for each unit, in order of the units, with `label` in the first group. kRefused for sums
// that leave 64 bits.
Result<std::vector<UsageSummary>> sum_lines(const std::vector<UsageSummary>& lines, size_t first,
                                            const Groupings& groupings, const std::string& label);

// The period among the groups; null when there is none.
const Grouping* period_of(const Groupings& groupings);
Groupings other_than_period(const Groupings& groupings);
// What tells lines of these groups from each other.
std::vector<std::string> key_of(const UsageSummary& line, const Groupings& groupings);
// The lines that are the same in these groups as one each, in order of their first. kRefused as
// sum_lines.
Result<std::vector<UsageSummary>> merge_lines(const std::vector<UsageSummary>& lines,
                                              const Groupings& groupings);

std::vector<Column> columns_of_report(const Groupings& groupings);
std::vector<Cell> row_of_report(const UsageSummary& line, const Groupings& groupings,
                                const TimeZone& zone);
// The value of one figure of a line, as its column shows it.
Cell cell_of(const LineMeasure& measure, const UsageSummary& line);

}  // namespace chatgate
