#pragma once

#include "cli/price/changes.h"

namespace chatgate {

struct PriceDiffOptions {
  PriceFileArguments file;
};

// What `price import` would change. The exit status: 0 nothing, 1 something.
Result<int> run_price_diff(const PriceDiffOptions& options, Context& context);

}  // namespace chatgate
