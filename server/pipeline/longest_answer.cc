#include <algorithm>

#include "server/pipeline/estimate.h"
#include "server/pipeline/pipeline.h"

namespace chatgate {

int64_t Pipeline::longest_answer(const Principal& principal, std::string_view model,
                                 size_t prompt_bytes, int64_t tokens_max,
                                 const Config& config) const {
  const auto found = parts_.directory.find_price(model, principal.unit, config.exchange_rates);
  if (!found) return tokens_max;
  const auto& price = *found->price;
  if (price.max_output_tokens > 0) tokens_max = std::min(tokens_max, price.max_output_tokens);
  if (principal.unmetered) return tokens_max;
  const Money available = parts_.reservations.available(principal.user_id);
  const int64_t prompt_tokens = prompt_bound_of_bytes(prompt_bytes, price);
  const auto is_affordable = [&](int64_t tokens) {
    const auto cost = cost_bound_of(prompt_tokens, tokens, price, principal.unit, found->rate);
    return cost && *cost <= available;
  };
  if (is_affordable(tokens_max) || !is_affordable(1)) return tokens_max;
  int64_t affordable = 1;
  int64_t beyond = tokens_max;
  while (beyond - affordable > 1) {
    const int64_t middle = affordable + (beyond - affordable) / 2;
    (is_affordable(middle) ? affordable : beyond) = middle;
  }
  return affordable;
}

}  // namespace chatgate
