#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct LedgerReconcileOptions {
  std::string file;   // "-": standard input
  std::string since;  // empty: the first day of the file
  std::string until;  // not included; empty: after its last day
  std::string user;
  std::string upstream;
  std::string currency = "USD";
  std::string tolerance = "0";  // of costs
  bool all = false;
  bool join_snapshots = false;
};

// Compares the books with a provider's usage or cost export, day (UTC) by model. The exit status:
// 0 where they agree, 1 where they differ.
Result<int> run_ledger_reconcile(const LedgerReconcileOptions& options, Context& context);

}  // namespace chatgate
