// Price lists of others: whatever comes, the answer is prices that the books can hold, or one
// sentence; and what was read, applied to itself, changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/pricing/price_file.h"
#include "common/pricing/price_list.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace chatgate;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_price(const Price& price) {
  require(check_model_name(price.model).has_value() && parse_unit(price.currency).has_value());
  require(price.input.picos >= 0 && price.output.picos >= 0 && price.per_request.nanos >= 0);
  require(price.cached_input.value_or(PicosPerToken{}).picos >= 0);
  require(price.max_input_tokens >= 0 && price.max_output_tokens >= 0);
  // Its own text is the same price again.
  for (const PicosPerToken each : {price.input, price.output}) {
    require(parse_token_price(format_token_price(each, 1), 1) == each);
  }
}

}  // namespace

FUZZ_TARGET(
    price_file,
    R"(1{"sample_spec": {"mode": "x"}, "gpt-4o": {"input_cost_per_token": 2.5e-06,)"
    R"( "output_cost_per_token": "0.00001", "max_output_tokens": 16384, "mode": "chat"}})") {
  if (size == 0) return 0;
  PriceFileOptions options;
  options.now = {1'795'168'800'000};
  if (data[0] % 2 == 1) options.markup = Decimal{12, 1};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto file = read_price_file(text, options);
  if (!file) {
    require(!file.error().message.empty());
    return 0;
  }
  PriceList list({});
  for (const auto& change : changes_to(list, file->prices, options.now).changes) {
    check_price(change.after);
    Price row = change.after;
    if (row.effective_from == Timestamp{}) row.effective_from = options.now;
    list.add(row);
  }
  require(changes_to(list, file->prices, options.now).changes.empty());
  return 0;
}
