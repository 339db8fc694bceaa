#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct PriceRemoveOptions {
  std::string model;
  std::string currency;  // empty: all that the model is priced in
  std::string from;      // empty: now
  bool yes = false;
};

// Withdraws a model: requests for it are refused from then on. What was charged stays explained.
Result<void> run_price_remove(const PriceRemoveOptions& options, Context& context);

}  // namespace chatgate
