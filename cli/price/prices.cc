#include "cli/price/prices.h"

#include <algorithm>

namespace chatgate {
namespace {

Cell state_cell(const ListedPrice& row) {
  const std::string state(name_of(row.state));
  if (!row.price.removed) return text_cell(state);
  return {state, row.state == PriceState::kInForce ? "removed" : "removed, " + state};
}

}  // namespace

std::string_view name_of(PriceState state) {
  switch (state) {
    case PriceState::kPast:
      return "past";
    case PriceState::kInForce:
      return "in force";
    case PriceState::kLater:
      return "later";
    case PriceState::kReplaced:
      return "replaced";
  }
  return "";
}

Cell price_cell(const std::optional<PicosPerToken>& price) {
  return price ? text_cell(format_token_price(*price, kShownPer)) : empty_cell();
}

Table table_of_prices(const std::vector<ListedPrice>& prices) {
  const bool shows_state = std::ranges::any_of(prices, [](const ListedPrice& row) {
    return row.state != PriceState::kInForce || row.price.removed;
  });
  Table table{{{"id", ""},
               {"model", "MODEL"},
               {"currency", "CURRENCY", false, Weight::kUnit},
               {"per_tokens", ""},
               {"input", "INPUT/1M", true, Weight::kMoney},
               {"cached_input", "CACHED/1M", true, Weight::kDetail},
               {"output", "OUTPUT/1M", true, Weight::kMoney},
               {"reasoning", ""},
               {"audio_input", ""},
               {"audio_output", ""},
               {"per_request", ""},
               {"max_input_tokens", ""},
               {"max_output_tokens", ""},
               {"effective_from", "FROM"},
               {"removed", ""},
               {"state", shows_state ? "STATE" : "", false, Weight::kKey}},
              {}};
  for (const auto& row : prices) {
    const Price& price = row.price;
    table.rows.push_back(
        {number_cell(price.id.value), text_cell(price.model), text_cell(price.currency),
         number_cell(kShownPer), price_cell(price.input), price_cell(price.cached_input),
         price_cell(price.output), price_cell(price.reasoning), price_cell(price.audio_input),
         price_cell(price.audio_output), money_cell(price.per_request, Unit{price.currency}),
         count_cell(price.max_input_tokens), count_cell(price.max_output_tokens),
         time_cell(price.effective_from), boolean_cell(price.removed), state_cell(row)});
  }
  return table;
}

}  // namespace chatgate
