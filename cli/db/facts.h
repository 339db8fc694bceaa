// What is told about a database or a copy of one.
#pragma once

#include "cli/output.h"
#include "common/store/maintenance.h"

namespace chatgate {

Cell bytes_cell(int64_t bytes);  // a number; "1.23MB" for people
// One row.
Table table_of_facts(const DatabaseFacts& facts);

}  // namespace chatgate
