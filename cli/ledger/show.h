#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct LedgerShowOptions {
  std::string name;
  std::string since;  // a moment in the first day shown; empty: from the beginning
  std::string until;  // the first moment left out, to the end of its day; empty: to the end
};

// Prints what moved the balance, day by day, with the balance after each line. A day's charges are
// one line, its last.
Result<void> run_ledger_show(const LedgerShowOptions& options, Context& context);

}  // namespace chatgate
