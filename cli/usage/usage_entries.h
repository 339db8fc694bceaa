// Single requests as lines, for the verbs of `usage` that print such.
#pragma once

#include <vector>

#include "cli/output.h"
#include "common/store/store.h"

namespace chatgate {

std::vector<Column> columns_of_entries();
std::vector<Cell> row_of_entry(const UsageEntry& entry);

}  // namespace chatgate
