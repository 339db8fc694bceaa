#include "cli/usage/report.h"

#include <algorithm>
#include <array>

#include "cli/commands.h"
#include "cli/user/users.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

struct Dimension {
  std::string_view name;  // on the command line and of the column
  std::string_view header;
  UsageDimension dimension;
  std::string UsageSummary::*field;
};

constexpr std::array<Dimension, 7> kDimensions{{
    {"user", "USER", UsageDimension::kUser, &UsageSummary::user},
    {"token", "TOKEN", UsageDimension::kToken, &UsageSummary::token},
    {"model", "MODEL", UsageDimension::kModel, &UsageSummary::model},
    {"day", "DAY (UTC)", UsageDimension::kDay, &UsageSummary::period},
    {"hour", "HOUR (UTC)", UsageDimension::kHour, &UsageSummary::period},
    {"endpoint", "ENDPOINT", UsageDimension::kEndpoint, &UsageSummary::endpoint},
    {"status", "STATUS", UsageDimension::kStatus, &UsageSummary::status},
}};

using Dimensions = std::vector<const Dimension*>;

Result<Dimensions> parse_dimensions(const std::vector<std::string>& names) {
  Dimensions dimensions;
  bool has_period = false;
  for (const auto& name : names) {
    const auto* found = std::find_if(kDimensions.begin(), kDimensions.end(),
                                     [&](const Dimension& known) { return known.name == name; });
    if (found == kDimensions.end()) {
      std::vector<std::string> known;
      known.reserve(kDimensions.size());
      for (const auto& dimension : kDimensions) known.emplace_back(dimension.name);
      return fail(ErrorCode::kInvalidArgument, "--by: no grouping " + quote(name) +
                                                   did_you_mean(name, known) + " (there are " +
                                                   join_list(known) + ")");
    }
    if (std::find(dimensions.begin(), dimensions.end(), found) != dimensions.end()) continue;
    const bool is_period = found->field == &UsageSummary::period;
    if (is_period && has_period) {
      return fail(ErrorCode::kInvalidArgument, "--by: group by day or by hour, not by both");
    }
    has_period = has_period || is_period;
    dimensions.push_back(found);
  }
  return dimensions;
}

Result<UsageQuery> parse_period(const UsageReportOptions& options, Timestamp now) {
  const auto since = parse_moment(options.since, now, Direction::kPast);
  if (!since) return fail(ErrorCode::kInvalidArgument, "--since: " + since.error().message);
  // The moment itself belongs to no period that ends with it, so one that just ended is included.
  auto until = Result<Timestamp>(Timestamp{now.unix_ms + 1});
  if (!options.until.empty()) until = parse_moment(options.until, now, Direction::kPast);
  if (!until) return fail(ErrorCode::kInvalidArgument, "--until: " + until.error().message);
  if (*until <= *since) {
    return fail(ErrorCode::kInvalidArgument,
                "--until: " + format_minute(*until) +
                    " is not later than --since: " + format_minute(*since));
  }
  UsageQuery query;
  query.from = *since;
  query.until = *until;
  return query;
}

Table table_of_usage(const std::vector<UsageSummary>& rows, const Dimensions& dimensions) {
  Table table;
  for (const auto* dimension : dimensions) {
    table.columns.push_back({std::string(dimension->name), std::string(dimension->header)});
  }
  const std::vector<Column> measures{{"requests", "REQUESTS", true},
                                     {"prompt_tokens", "PROMPT", true},
                                     {"cached_tokens", ""},
                                     {"audio_prompt_tokens", ""},
                                     {"completion_tokens", "COMPLETION", true},
                                     {"reasoning_tokens", ""},
                                     {"audio_completion_tokens", ""},
                                     {"total_tokens", ""},
                                     {"cost", "COST", true},
                                     {"written_off", ""},
                                     {"unit", "UNIT"}};
  table.columns.insert(table.columns.end(), measures.begin(), measures.end());
  for (const auto& row : rows) {
    auto& cells = table.rows.emplace_back();
    for (const auto* dimension : dimensions) cells.push_back(text_cell(row.*dimension->field));
    for (const int64_t count :
         {row.requests, row.usage.prompt, row.usage.cached_prompt, row.usage.audio_prompt,
          row.usage.completion, row.usage.reasoning_completion, row.usage.audio_completion,
          row.usage.total()}) {
      cells.push_back(number_cell(count));
    }
    cells.push_back(money_cell(row.cost, row.unit));
    cells.push_back(money_cell(row.written_off, row.unit));
    cells.push_back(text_cell(row.unit.code));
  }
  return table;
}

// A model that was neither used nor ever priced is most likely misspelt.
Result<void> check_model(Store& store, const std::string& model) {
  const auto prices = store.list_prices();
  if (!prices) return tl::unexpected(prices.error());
  NearMiss near_miss(model);
  for (const auto& price : *prices) {
    if (price.model == model) return {};
    near_miss.offer(price.model);
  }
  return fail(ErrorCode::kNotFound, "no model " + quote(model) + did_you_mean(near_miss.best()));
}

}  // namespace

void register_usage_report(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UsageReportOptions>();
  CLI::App* verb = add_verb(noun, "report", "sum up requests, tokens and cost",
                            "  chatgate usage report --since 7d --by user,model\n"
                            "  chatgate usage report --since 2026-11-01 --until 2026-12-01\n"
                            "  chatgate usage report --user alice --by day --format csv");
  verb->add_option("--since", options->since, "7d, 2026-12-01, yesterday (default: 30d)")
      ->type_name("TIME");
  verb->add_option("--until", options->until, "first moment left out (default: now)")
      ->type_name("TIME");
  verb->add_option("--by", options->by,
                   "any of user,token,model,day,hour,endpoint,status (default: user,model)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("LIST")
      ->check(offers("user,token,model,day,hour,endpoint,status"));
  verb->add_option("--user", options->user, "only this account")->type_name("NAME");
  verb->add_option("--model", options->model, "only this model")->type_name("MODEL");
  bind(verb, options, context, run_usage_report);
}

Result<void> run_usage_report(const UsageReportOptions& options, Context& context) {
  const auto dimensions = parse_dimensions(options.by);
  if (!dimensions) return tl::unexpected(dimensions.error());
  auto query = parse_period(options, context.now());
  if (!query) return tl::unexpected(query.error());
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  if (!options.user.empty()) {
    const auto user = require_user(**store, options.user);
    if (!user) return tl::unexpected(user.error());
    query->user = user->id;
  }
  if (!options.model.empty()) query->model = options.model;
  for (const auto* dimension : *dimensions) query->group_by.push_back(dimension->dimension);

  const auto rows = (*store)->summarize_usage(*query);
  if (!rows) return tl::unexpected(rows.error());
  if (rows->empty() && query->model) {
    if (auto checked = check_model(**store, *query->model); !checked) return checked;
  }
  context.print_list(table_of_usage(*rows, *dimensions));
  if (context.format == Format::kTable) {
    context.hint("from " + format_minute(query->from) + " until " + format_minute(query->until));
  }
  return {};
}

}  // namespace chatgate
