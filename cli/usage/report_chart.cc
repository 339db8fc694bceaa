#include "cli/usage/report_chart.h"

#include <algorithm>
#include <map>

#include "cli/chart.h"

namespace chatgate {
namespace {

constexpr size_t kDrawnMin = 10;
constexpr size_t kDrawnMax = 60;

// "total_tokens" -> "TOTAL TOKENS".
std::string header_of(std::string_view name) {
  std::string header;
  for (const char c : name) header += c == '_' ? ' ' : static_cast<char>(c - ('a' - 'A'));
  return header;
}

// The report's periods from its first line to its last, those without a line too: the place of each
// by its label.
std::map<std::string, size_t> places_of_periods(const ReportChart& chart, PeriodKind kind) {
  std::map<std::string, size_t> places;
  if (chart.details.empty()) return places;
  const auto [first, last] =
      std::ranges::minmax_element(chart.details, {}, &UsageSummary::period_start);
  places.try_emplace(first->period, 0);
  for (Timestamp at = first->period_start; at <= last->period_start;) {
    const Period period = period_at(at, kind, chart.query.zone);
    places.try_emplace(period.label, places.size());
    at = period.until;
  }
  places.try_emplace(last->period, places.size());
  return places;
}

// Neighbours summed so that at most `width` values are left.
std::vector<int64_t> condense(const std::vector<int64_t>& values, size_t width) {
  const size_t in_one = std::max<size_t>((values.size() + width - 1) / width, 1);
  std::vector<int64_t> sums((values.size() + in_one - 1) / in_one);
  for (size_t i = 0; i < values.size(); ++i) sums[i / in_one] += values[i];
  return sums;
}

class ChartTable {
 public:
  ChartTable(const ReportChart& chart, const Context& context)
      : chart_(chart),
        context_(context),
        period_(period_of(chart.groupings)),
        is_series_(is_drawn_as_series(chart.groupings)) {
    if (period_ != nullptr) places_ = places_of_periods(chart, *period_->period);
    for (const auto* grouping : chart.shown) {
      table_.columns.push_back(
          {std::string(grouping->name), std::string(grouping->header), false, Weight::kKey});
    }
    table_.columns.push_back({std::string(chart.measure.name), header_of(chart.measure.name), true,
                              chart.measure.weight});
    if (chart.measure.is_money) table_.columns.push_back({"unit", "UNIT", false, Weight::kUnit});
    table_.columns.push_back({"chart", is_series_ ? "OVER TIME" : "CHART"});
  }

  Table make() {
    for (const UsageSummary& line : chart_.lines) add_row(line);
    for (const UsageSummary& sum : chart_.others) add_row(sum);
    for (const UsageSummary& sum : chart_.totals) add_row(sum);
    const size_t width = drawing_width();
    if (is_series_) {
      draw_series(width);
    } else {
      draw_bars(width);
    }
    if (period_ != nullptr) draw_totals(width);
    return std::move(table_);
  }

 private:
  int64_t value_of(const UsageSummary& line) const { return chart_.measure.value(line); }

  void add_row(const UsageSummary& line) {
    auto& cells = table_.rows.emplace_back();
    for (const auto* grouping : chart_.shown) cells.push_back(text_cell(line.*grouping->field));
    cells.push_back(cell_of(chart_.measure, line));
    if (chart_.measure.is_money) cells.push_back(text_cell(line.unit.code));
    cells.push_back(text_cell(""));
  }

  // What the other columns leave of the terminal.
  size_t drawing_width() const {
    size_t used = 0;
    for (size_t i = 0; i + 1 < table_.columns.size(); ++i) {
      size_t width = display_width(table_.columns[i].header);
      for (const auto& row : table_.rows) width = std::max(width, display_width(row[i].text));
      used += width + kColumnGap.size();
    }
    const size_t room = context_.terminal().columns;
    return std::clamp(room > used ? room - used : 0, kDrawnMin, kDrawnMax);
  }

  void draw_bars(size_t width) {
    std::map<std::string, int64_t> max_of_unit;
    for (const UsageSummary& line : chart_.lines) {
      int64_t& max = max_of_unit[line.unit.code];
      max = std::max(max, value_of(line));
    }
    for (size_t i = 0; i < chart_.lines.size(); ++i) {
      const UsageSummary& line = chart_.lines[i];
      table_.rows[i].back() = text_cell(
          chart_bar(value_of(line), max_of_unit[line.unit.code], width, context_.is_unicode()));
    }
  }

  void draw_series(size_t width) {
    std::map<std::vector<std::string>, std::vector<int64_t>> values;
    for (const UsageSummary& line : chart_.details) {
      auto& series = values[key_of(line, chart_.shown)];
      series.resize(places_.size());
      series[places_.at(line.period)] += value_of(line);
    }
    for (size_t i = 0; i < chart_.lines.size(); ++i) {
      const auto& series = values[key_of(chart_.lines[i], chart_.shown)];
      table_.rows[i].back() = text_cell(sparkline(condense(series, width), context_.is_unicode()));
    }
  }

  void draw_totals(size_t width) {
    for (size_t i = 0; i < chart_.totals.size(); ++i) {
      std::vector<int64_t> values(places_.size());
      for (const UsageSummary& line : chart_.details) {
        if (line.unit == chart_.totals[i].unit) values[places_.at(line.period)] += value_of(line);
      }
      const size_t row = table_.rows.size() - chart_.totals.size() + i;
      table_.rows[row].back() =
          text_cell(sparkline(condense(values, width), context_.is_unicode()));
    }
  }

  const ReportChart& chart_;
  const Context& context_;
  const Grouping* period_;
  bool is_series_;
  std::map<std::string, size_t> places_;
  Table table_;
};

}  // namespace

bool is_drawn_as_series(const Groupings& groupings) {
  return groupings.size() > 1 && period_of(groupings) != nullptr;
}

std::vector<UsageSummary> with_empty_periods(std::vector<UsageSummary> lines, PeriodKind kind,
                                             const TimeZone& zone) {
  std::ranges::stable_sort(lines, {}, &UsageSummary::period_start);
  std::vector<UsageSummary> filled;
  for (auto& line : lines) {
    while (!filled.empty()) {
      const Timestamp last = filled.back().period_start;
      const Period next = period_at(period_at(last, kind, zone).until, kind, zone);
      if (next.start <= last || next.start >= line.period_start) break;
      UsageSummary empty;
      empty.period = next.label;
      empty.period_start = next.start;
      empty.unit = filled.back().unit;
      filled.push_back(std::move(empty));
    }
    filled.push_back(std::move(line));
  }
  return filled;
}

Table table_of_chart(const ReportChart& chart, const Context& context) {
  return ChartTable(chart, context).make();
}

}  // namespace chatgate
