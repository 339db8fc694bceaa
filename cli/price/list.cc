#include "cli/price/list.h"

#include "cli/commands.h"
#include "cli/price/prices.h"

namespace chatgate {

void register_price_list(CLI::App& noun, Context& context) {
  CLI::App* verb = add_verb(noun, "list", "list the prices in force and those set for later",
                            "  chatgate price list\n"
                            "  chatgate price list --format csv > prices.csv");
  bind(verb, std::make_shared<PriceListOptions>(), context, run_price_list);
}

std::vector<Price> current_prices(const std::vector<Price>& history, Timestamp now) {
  std::vector<Price> prices;
  for (const auto& price : history) {
    const bool same_line = !prices.empty() && prices.back().model == price.model &&
                           prices.back().currency == price.currency;
    // A row already in force takes over from the one before it.
    if (same_line && price.effective_from <= now) prices.pop_back();
    prices.push_back(price);
  }
  std::erase_if(prices,
                [&](const Price& price) { return price.removed && price.effective_from <= now; });
  return prices;
}

Result<void> run_price_list(const PriceListOptions&, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto prices = (*store)->list_prices();
  if (!prices) return tl::unexpected(prices.error());
  context.print_list(table_of_prices(current_prices(*prices, context.now())));
  return {};
}

}  // namespace chatgate
