#pragma once

#include "cli/context.h"

namespace chatgate {

struct LedgerVerifyOptions {};

// Prints "ok", or every broken invariant and fails with kInternal (exit status 1).
Result<void> run_ledger_verify(const LedgerVerifyOptions& options, Context& context);

}  // namespace chatgate
