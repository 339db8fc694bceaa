// A usage report as bars and, over time, as a sparkline for each series. One thread.
#pragma once

#include <vector>

#include "cli/context.h"
#include "cli/usage/report_lines.h"

namespace chatgate {

struct ReportChart {
  const Groupings& groupings;
  const Groupings& shown;      // as columns: without the period, for series
  const LineMeasure& measure;  // that is drawn
  const UsageQuery& query;
  const std::vector<UsageSummary>& lines;    // to draw, in order; series are merged
  const std::vector<UsageSummary>& others;   // below them: the sums of those left out
  const std::vector<UsageSummary>& totals;   // and of all
  const std::vector<UsageSummary>& details;  // all lines of the report, by period
};

// Grouped by a period and something else, a report is drawn as series.
bool is_drawn_as_series(const Groupings& groupings);

// Lines of a period each, with an empty one for each period between them that has none, in the unit
// of the line before. REQUIRES: the groups are that period alone.
std::vector<UsageSummary> with_empty_periods(std::vector<UsageSummary> lines, PeriodKind kind,
                                             const TimeZone& zone);

// The values of a series over all periods of the report stand side by side, several summed in one
// column where there is no room. Else each line has a bar, and when the lines are periods, a
// sparkline stands beside the total. Money of different units is not compared: each unit has its
// own scale.
Table table_of_chart(const ReportChart& chart, const Context& context);

}  // namespace chatgate
