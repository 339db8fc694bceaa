#pragma once

#include <vector>

#include "cli/context.h"
#include "common/domain/price.h"

namespace chatgate {

struct PriceListOptions {};

// Of each model and currency: the price in force, and those that are set for later.
Result<void> run_price_list(const PriceListOptions& options, Context& context);

// Those rows of `history` (in order of model, currency, effective_from) that are in force at `now`
// or will be, without withdrawn models.
std::vector<Price> current_prices(const std::vector<Price>& history, Timestamp now);

}  // namespace chatgate
