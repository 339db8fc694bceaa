// From a command line to an exit status: the one place where errors become either.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"

namespace chatgate {

// Parses `arguments` (without the program's name), runs what they ask for, and reports a failure in
// one line on the error stream. Exit statuses: 0 done, 1 failure, 2 wrong usage or configuration,
// 3 not found, 4 refused by a rule, 5 database unavailable.
int dispatch(const std::vector<std::string>& arguments, Context& context);

}  // namespace chatgate
