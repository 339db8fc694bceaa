#include "cli/usage/report_lines.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <map>

#include "common/text/quantity.h"
#include "common/text/suggest.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

constexpr std::array<Grouping, 9> kGroupings{{
    {"user", "USER", UsageDimension::kUser, &UsageSummary::user},
    {"token", "TOKEN", UsageDimension::kToken, &UsageSummary::token},
    {"model", "MODEL", UsageDimension::kModel, &UsageSummary::model},
    {"day", "DAY", UsageDimension::kDay, &UsageSummary::period, PeriodKind::kDay},
    {"hour", "HOUR", UsageDimension::kHour, &UsageSummary::period, PeriodKind::kHour},
    {"week", "WEEK", UsageDimension::kWeek, &UsageSummary::period, PeriodKind::kWeek},
    {"month", "MONTH", UsageDimension::kMonth, &UsageSummary::period, PeriodKind::kMonth},
    {"endpoint", "ENDPOINT", UsageDimension::kEndpoint, &UsageSummary::endpoint},
    {"status", "STATUS", UsageDimension::kStatus, &UsageSummary::status},
}};

// A measure without a header is left out of tables.
constexpr std::array<LineMeasure, 10> kMeasures{{
    {"requests", "REQUESTS", [](const UsageSummary& line) { return line.requests; }},
    {"prompt_tokens", "PROMPT", [](const UsageSummary& line) { return line.usage.prompt; }, false,
     Weight::kDetail},
    {"cached_tokens", "", [](const UsageSummary& line) { return line.usage.cached_prompt; }},
    {"audio_prompt_tokens", "", [](const UsageSummary& line) { return line.usage.audio_prompt; }},
    {"completion_tokens", "COMPLETION",
     [](const UsageSummary& line) { return line.usage.completion; }, false, Weight::kDetail},
    {"reasoning_tokens", "",
     [](const UsageSummary& line) { return line.usage.reasoning_completion; }},
    {"audio_completion_tokens", "",
     [](const UsageSummary& line) { return line.usage.audio_completion; }},
    {"total_tokens", "", [](const UsageSummary& line) { return line.usage.total(); }},
    {"cost", "COST", [](const UsageSummary& line) { return line.cost.nanos; }, true,
     Weight::kMoney},
    {"written_off", "", [](const UsageSummary& line) { return line.written_off.nanos; }, true},
}};

// The name of the column in which the first moment of a period stands.
constexpr std::string_view kStart = "start";

template <class Known>
tl::unexpected<Error> fail_for_unknown(const std::string& what, const std::string& name,
                                       const Known& known) {
  std::vector<std::string> names;
  for (const auto& each : known) names.emplace_back(each);
  return fail(ErrorCode::kInvalidArgument, what + " " + quote(name) + did_you_mean(name, names) +
                                               " (there are " + join_list(names) + ")");
}

std::vector<std::string_view> names_of_groupings() {
  std::vector<std::string_view> names;
  for (const auto& grouping : kGroupings) names.push_back(grouping.name);
  return names;
}

Result<void> add_line(UsageSummary& sum, const UsageSummary& line) {
  sum.requests += line.requests;
  sum.usage += line.usage;
  const auto cost = checked_add(sum.cost, line.cost);
  const auto written_off = checked_add(sum.written_off, line.written_off);
  if (!cost || !written_off) {
    return fail(ErrorCode::kRefused,
                "the sum of this report is too large to be counted: ask for a shorter time");
  }
  sum.cost = *cost;
  sum.written_off = *written_off;
  return {};
}

}  // namespace

Result<Groupings> parse_groupings(const std::vector<std::string>& names) {
  Groupings groupings;
  const Grouping* period = nullptr;
  for (const auto& name : names) {
    const auto* found = std::ranges::find(kGroupings, name, &Grouping::name);
    if (found == kGroupings.end()) {
      return fail_for_unknown("--by: no grouping", name, names_of_groupings());
    }
    if (std::ranges::find(groupings, found) != groupings.end()) continue;
    if (found->period && period != nullptr) {
      return fail(ErrorCode::kInvalidArgument, "--by: group by " + std::string(period->name) +
                                                   " or by " + name + ", not by both");
    }
    if (found->period) period = found;
    groupings.push_back(found);
  }
  return groupings;
}

const LineMeasure& measure_named(std::string_view name) {
  const auto* found = std::ranges::find(kMeasures, name, &LineMeasure::name);
  assert(found != kMeasures.end());
  return *found;
}

Result<SortKey> parse_sort_key(const std::string& name, const Groupings& groupings) {
  const std::string_view wanted = name == "tokens" ? "total_tokens" : std::string_view(name);
  std::vector<std::string_view> names{"cost", "requests", "tokens"};
  for (const auto* grouping : groupings) {
    if (grouping->name == wanted) return SortKey{grouping, nullptr};
    names.push_back(grouping->name);
  }
  for (const LineMeasure& measure : kMeasures) {
    if (measure.name == wanted) return SortKey{nullptr, &measure};
    if (std::ranges::find(names, measure.name) == names.end()) names.push_back(measure.name);
  }
  return fail_for_unknown("--sort: no column", name, names);
}

void sort_lines(std::vector<UsageSummary>& lines, const SortKey& key) {
  std::ranges::stable_sort(lines, [&](const UsageSummary& a, const UsageSummary& b) {
    if (key.grouping != nullptr) {
      if (key.grouping->period) return a.period_start < b.period_start;
      return a.*key.grouping->field < b.*key.grouping->field;
    }
    if (key.measure->is_money && a.unit != b.unit) return a.unit.code < b.unit.code;
    return key.measure->value(a) > key.measure->value(b);
  });
}

Result<std::vector<UsageSummary>> sum_lines(const std::vector<UsageSummary>& lines, size_t first,
                                            const Groupings& groupings, const std::string& label) {
  std::map<std::string, UsageSummary> sums;
  for (size_t i = first; i < lines.size(); ++i) {
    UsageSummary& sum = sums[lines[i].unit.code];
    sum.unit = lines[i].unit;
    if (!groupings.empty()) sum.*groupings.front()->field = label;
    if (auto added = add_line(sum, lines[i]); !added) return tl::unexpected(added.error());
  }
  std::vector<UsageSummary> result;
  for (auto& [unit, sum] : sums) result.push_back(std::move(sum));
  return result;
}

const Grouping* period_of(const Groupings& groupings) {
  const auto found = std::ranges::find_if(
      groupings, [](const Grouping* each) { return each->period.has_value(); });
  return found == groupings.end() ? nullptr : *found;
}

Groupings other_than_period(const Groupings& groupings) {
  Groupings others;
  std::ranges::copy_if(groupings, std::back_inserter(others),
                       [](const Grouping* each) { return !each->period; });
  return others;
}

std::vector<std::string> key_of(const UsageSummary& line, const Groupings& groupings) {
  std::vector<std::string> key{line.unit.code};
  for (const auto* grouping : groupings) key.push_back(line.*grouping->field);
  return key;
}

Result<std::vector<UsageSummary>> merge_lines(const std::vector<UsageSummary>& lines,
                                              const Groupings& groupings) {
  std::map<std::vector<std::string>, size_t> numbers;
  std::vector<UsageSummary> merged;
  for (const UsageSummary& line : lines) {
    const auto [place, is_new] = numbers.try_emplace(key_of(line, groupings), merged.size());
    if (is_new) {
      merged.push_back(line);
    } else if (auto added = add_line(merged[place->second], line); !added) {
      return tl::unexpected(added.error());
    }
  }
  return merged;
}

std::vector<Column> columns_of_report(const Groupings& groupings) {
  std::vector<Column> columns;
  for (const auto* grouping : groupings) {
    columns.push_back(
        {std::string(grouping->name), std::string(grouping->header), false, Weight::kKey});
    if (grouping->period) columns.push_back({std::string(kStart), ""});
  }
  for (const LineMeasure& measure : kMeasures) {
    columns.push_back(
        {std::string(measure.name), std::string(measure.header), true, measure.weight});
  }
  columns.push_back({"unit", "UNIT", false, Weight::kUnit});
  return columns;
}

Cell cell_of(const LineMeasure& measure, const UsageSummary& line) {
  const int64_t value = measure.value(line);
  return measure.is_money ? money_cell({value}, line.unit) : number_cell(value);
}

std::vector<Cell> row_of_report(const UsageSummary& line, const Groupings& groupings,
                                const TimeZone& zone) {
  std::vector<Cell> cells;
  for (const auto* grouping : groupings) {
    cells.push_back(text_cell(line.*grouping->field));
    if (grouping->period) cells.push_back(text_cell(format_rfc3339(line.period_start, zone)));
  }
  for (const LineMeasure& measure : kMeasures) cells.push_back(cell_of(measure, line));
  cells.push_back(text_cell(line.unit.code));
  return cells;
}

}  // namespace chatgate
