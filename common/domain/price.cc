#include "common/domain/price.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <tuple>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr uint128 kPicosPerNano = 1'000;
constexpr uint128 kRateOne = 1'000'000'000;

// A sum of pico-units that remembers whether it ever left 128 bits. Each product of two
// non-negative 64-bit numbers fits; only the sum can grow too large.
class PicoSum {
 public:
  void add(int64_t count, int64_t picos_each) {
    const uint128 product = static_cast<uint128>(count) * static_cast<uint128>(picos_each);
    overflowed_ |= __builtin_add_overflow(sum_, product, &sum_);
  }
  void multiply(uint128 factor) { overflowed_ |= __builtin_mul_overflow(sum_, factor, &sum_); }
  std::optional<uint128> value() const { return overflowed_ ? std::nullopt : std::optional(sum_); }

 private:
  uint128 sum_ = 0;
  bool overflowed_ = false;
};

uint128 divide_up(uint128 dividend, uint128 divisor) {
  return dividend / divisor + (dividend % divisor == 0 ? 0 : 1);
}

// From pico-units of the price's currency to nano-units of the account's. What leaves 128 bits
// before the division would leave 64 bits after it, as the divisor is at most 10^12.
template <class Divide>
std::optional<Money> convert(PicoSum picos, ExchangeRate rate, Divide divide) {
  uint128 divisor = kPicosPerNano;
  if (rate.nanos != static_cast<int64_t>(kRateOne)) {
    picos.multiply(static_cast<uint128>(rate.nanos));
    divisor *= kRateOne;
  }
  const std::optional<uint128> dividend = picos.value();
  if (!dividend) return std::nullopt;
  const uint128 nanos = divide(*dividend, divisor);
  if (nanos > static_cast<uint128>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return Money{static_cast<int64_t>(nanos)};
}

std::optional<Money> sum_of_tokens(int64_t prompt, int64_t completion) {
  return checked_add(Money{prompt}, Money{completion});
}

bool is_valid(const Price& price, ExchangeRate rate) {
  const auto is_negative = [](const std::optional<PicosPerToken>& part) {
    return part && part->picos < 0;
  };
  return price.input.picos >= 0 && price.output.picos >= 0 && price.per_request.nanos >= 0 &&
         !is_negative(price.cached_input) && !is_negative(price.reasoning) &&
         !is_negative(price.audio_input) && !is_negative(price.audio_output) && rate.nanos > 0;
}

bool is_valid(const TokenUsage& usage) {
  return std::min({usage.prompt, usage.cached_prompt, usage.audio_prompt, usage.completion,
                   usage.reasoning_completion, usage.audio_completion}) >= 0;
}

// One side of a request: a whole of which two parts have prices of their own.
void add_side(PicoSum& sum, int64_t whole, PicosPerToken plain_price, int64_t first,
              std::optional<PicosPerToken> first_price, int64_t second,
              std::optional<PicosPerToken> second_price) {
  const int64_t first_cut = std::min(first, whole);
  const int64_t second_cut = std::min(second, whole - first_cut);
  const int64_t plain = whole - first_cut - second_cut;
  assert(plain >= 0);
  sum.add(plain, plain_price.picos);
  sum.add(first_cut, first_price.value_or(plain_price).picos);
  sum.add(second_cut, second_price.value_or(plain_price).picos);
}

}  // namespace

TokenUsage& TokenUsage::operator+=(const TokenUsage& other) {
  const auto add = [](int64_t& sum, int64_t count) {
    if (__builtin_add_overflow(sum, count, &sum)) sum = std::numeric_limits<int64_t>::max();
  };
  add(prompt, other.prompt);
  add(cached_prompt, other.cached_prompt);
  add(audio_prompt, other.audio_prompt);
  add(completion, other.completion);
  add(reasoning_completion, other.reasoning_completion);
  add(audio_completion, other.audio_completion);
  return *this;
}

bool has_same_terms(const Price& a, const Price& b) {
  const auto terms = [](const Price& price) {
    return std::tie(price.model, price.currency, price.input, price.output, price.cached_input,
                    price.reasoning, price.audio_input, price.audio_output, price.per_request,
                    price.max_input_tokens, price.max_output_tokens, price.removed);
  };
  return terms(a) == terms(b);
}

Result<void> check_model_name(std::string_view model) {
  const bool is_name =
      !model.empty() && model.size() <= 256 && std::ranges::all_of(model, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7f && c != '*';
      });
  if (is_name) return {};
  return fail(ErrorCode::kInvalidArgument,
              quote(model) + " is not a model's name; it may not be empty, nor hold spaces or *");
}

std::optional<Money> cost_of(const TokenUsage& usage, const Price& price, const Unit& unit,
                             ExchangeRate rate) {
  if (!is_valid(usage) || !is_valid(price, rate)) return std::nullopt;
  if (unit.is_tokens()) return sum_of_tokens(usage.prompt, usage.completion);
  PicoSum picos;
  add_side(picos, usage.prompt, price.input, usage.cached_prompt, price.cached_input,
           usage.audio_prompt, price.audio_input);
  add_side(picos, usage.completion, price.output, usage.reasoning_completion, price.reasoning,
           usage.audio_completion, price.audio_output);
  picos.add(price.per_request.nanos, static_cast<int64_t>(kPicosPerNano));
  return convert(picos, rate, divide_half_to_even);
}

std::optional<Money> cost_bound_of(int64_t prompt_tokens_max, int64_t completion_tokens_max,
                                   const Price& price, const Unit& unit, ExchangeRate rate) {
  if (prompt_tokens_max < 0 || completion_tokens_max < 0) return std::nullopt;
  if (!is_valid(price, rate)) return std::nullopt;
  if (unit.is_tokens()) return sum_of_tokens(prompt_tokens_max, completion_tokens_max);
  const PicosPerToken dearest_input =
      std::max({price.input, price.cached_input.value_or(price.input),
                price.audio_input.value_or(price.input)});
  const PicosPerToken dearest_output =
      std::max({price.output, price.reasoning.value_or(price.output),
                price.audio_output.value_or(price.output)});
  PicoSum picos;
  picos.add(prompt_tokens_max, dearest_input.picos);
  picos.add(completion_tokens_max, dearest_output.picos);
  picos.add(price.per_request.nanos, static_cast<int64_t>(kPicosPerNano));
  return convert(picos, rate, divide_up);
}

}  // namespace chatgate
