// What the verbs about prices share.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "cli/output.h"
#include "common/domain/price.h"
#include "common/pricing/price_list.h"

namespace chatgate {

// Prices in the tables and messages are for so many tokens.
inline constexpr int64_t kShownPer = 1'000'000;

struct ListedPrice {
  Price price;
  PriceState state = PriceState::kInForce;
};

// Rows of the price list. Tables show a row's state when any is not simply in force.
Table table_of_prices(const std::vector<ListedPrice>& prices);

std::string_view name_of(PriceState state);
Cell price_cell(const std::optional<PicosPerToken>& price);

}  // namespace chatgate
