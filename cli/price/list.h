#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/price/prices.h"

namespace chatgate {

struct PriceListOptions {
  std::string at;  // empty: now, with what is set for later
  bool history = false;
};

// Of each model and currency: the price in force, and those that are set for later. Or those in
// force at one moment; or every row that there ever was.
Result<void> run_price_list(const PriceListOptions& options, Context& context);

// What is in force at `now` or will be, without withdrawn models.
std::vector<ListedPrice> current_prices(const PriceList& list, Timestamp now);

}  // namespace chatgate
