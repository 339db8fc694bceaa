#pragma once

#include "cli/price/changes.h"

namespace chatgate {

struct PriceImportOptions {
  PriceFileArguments file;
  bool dry_run = false;
  bool yes = false;
};

// Shows what changes and then changes it, all or nothing. Asks only before prices in force change
// or withdrawn models come back: a first import into an empty list, or one that only adds models,
// goes through in a script.
Result<void> run_price_import(const PriceImportOptions& options, Context& context);

}  // namespace chatgate
