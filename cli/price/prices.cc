#include "cli/price/prices.h"

namespace chatgate {
namespace {

constexpr int64_t kPer = 1'000'000;

Cell price_cell(const std::optional<PicosPerToken>& price) {
  return price ? text_cell(format_token_price(*price, kPer)) : empty_cell();
}

}  // namespace

Table table_of_prices(const std::vector<Price>& prices) {
  Table table{{{"id", ""},
               {"model", "MODEL"},
               {"currency", "CURRENCY"},
               {"per_tokens", ""},
               {"input", "INPUT/1M", true},
               {"cached_input", "CACHED/1M", true},
               {"output", "OUTPUT/1M", true},
               {"reasoning", ""},
               {"audio_input", ""},
               {"audio_output", ""},
               {"per_request", ""},
               {"max_input_tokens", ""},
               {"max_output_tokens", ""},
               {"effective_from", "FROM"}},
              {}};
  for (const auto& price : prices) {
    table.rows.push_back(
        {number_cell(price.id.value), text_cell(price.model), text_cell(price.currency),
         number_cell(kPer), price_cell(price.input), price_cell(price.cached_input),
         price_cell(price.output), price_cell(price.reasoning), price_cell(price.audio_input),
         price_cell(price.audio_output), money_cell(price.per_request, Unit{price.currency}),
         count_cell(price.max_input_tokens), count_cell(price.max_output_tokens),
         time_cell(price.effective_from)});
  }
  return table;
}

}  // namespace chatgate
