#include "cli/price/list.h"

#include "cli/commands.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

// The rows for which `is_shown(line, index, state)`.
template <class IsShown>
std::vector<ListedPrice> rows_of(const PriceList& list, Timestamp now, const IsShown& is_shown) {
  std::vector<ListedPrice> rows;
  for (const auto& [key, line] : list.lines()) {
    for (size_t i = 0; i < line.size(); ++i) {
      const PriceState state = state_of(line, i, now);
      if (is_shown(line, i, state)) rows.push_back({line[i], state});
    }
  }
  return rows;
}

}  // namespace

void register_price_list(CLI::App& noun, Context& context) {
  auto options = std::make_shared<PriceListOptions>();
  CLI::App* verb = add_verb(noun, "list", "list the prices in force and those set for later",
                            "  chatgate price list\n"
                            "  chatgate price list --at 2026-11-01\n"
                            "  chatgate price list --history\n"
                            "  chatgate price list --format json > prices.json");
  CLI::Option* at =
      verb->add_option("--at", options->at, "what was or will be in force then")->type_name("TIME");
  verb->add_flag("--history", options->history, "every price that was ever set")->excludes(at);
  bind(verb, options, context, run_price_list);
}

std::vector<ListedPrice> current_prices(const PriceList& list, Timestamp now) {
  return rows_of(list, now, [](const PriceList::Line& line, size_t i, PriceState state) {
    return state == PriceState::kLater || (state == PriceState::kInForce && !line[i].removed);
  });
}

Result<void> run_price_list(const PriceListOptions& options, Context& context) {
  const Timestamp now = context.now();
  const auto at =
      options.at.empty() ? Result<Timestamp>(now) : parse_moment(options.at, now, Direction::kPast);
  if (!at) return fail(ErrorCode::kInvalidArgument, "--at: " + at.error().message);
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto prices = (*store)->list_prices();
  if (!prices) return tl::unexpected(prices.error());
  const PriceList list(*prices);
  if (options.history) {
    context.print_list(table_of_prices(
        rows_of(list, now, [](const PriceList::Line&, size_t, PriceState) { return true; })));
  } else if (options.at.empty()) {
    context.print_list(table_of_prices(current_prices(list, now)));
  } else {
    context.print_list(table_of_prices(
        rows_of(list, *at, [](const PriceList::Line& line, size_t i, PriceState state) {
          return state == PriceState::kInForce && !line[i].removed;
        })));
    context.out().flush();
    context.hint("in force at " + format_minute(*at) + ", time zone UTC");
  }
  return {};
}

}  // namespace chatgate
