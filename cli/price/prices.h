// What the verbs about prices share.
#pragma once

#include <vector>

#include "cli/output.h"
#include "common/domain/price.h"

namespace chatgate {

// Rows of the price list, token prices per million.
Table table_of_prices(const std::vector<Price>& prices);

}  // namespace chatgate
