#include "common/domain/price.h"

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <catch2/catch_all.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>

namespace chatgate {
namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;

const Unit kUsd{"USD"};
const Unit kTokens{"tokens"};
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// --- the model: exact fractions of unlimited size, one token at a time in words
// -------------------

cpp_rational nanos_of(const TokenUsage& usage, const Price& price, ExchangeRate rate) {
  const auto side = [](int64_t whole, int64_t first, int64_t second, int64_t plain_picos,
                       std::optional<PicosPerToken> first_price,
                       std::optional<PicosPerToken> second_price) {
    cpp_int left = whole;
    cpp_int sum = 0;
    const auto take = [&](int64_t count, const std::optional<PicosPerToken>& part_price) {
      const cpp_int taken = std::min<cpp_int>(left, count);
      left -= taken;
      sum += taken * (part_price ? part_price->picos : plain_picos);
    };
    take(first, first_price);
    take(second, second_price);
    return cpp_int(sum + left * plain_picos);
  };
  const cpp_int picos = side(usage.prompt, usage.cached_prompt, usage.audio_prompt,
                             price.input.picos, price.cached_input, price.audio_input) +
                        side(usage.completion, usage.reasoning_completion, usage.audio_completion,
                             price.output.picos, price.reasoning, price.audio_output) +
                        cpp_int(price.per_request.nanos) * 1000;
  return cpp_rational(picos, 1000) * cpp_rational(rate.nanos, 1'000'000'000);
}

cpp_int floor_of(const cpp_rational& value) { return numerator(value) / denominator(value); }

cpp_int half_to_even(const cpp_rational& value) {
  const cpp_int below = floor_of(value);
  const cpp_rational rest = value - below;
  if (rest == cpp_rational(1, 2)) return below % 2 == 0 ? below : below + 1;
  return rest < cpp_rational(1, 2) ? below : below + 1;
}

std::optional<Money> within_64_bits(const cpp_int& nanos) {
  if (nanos > kMost) return std::nullopt;
  return Money{static_cast<int64_t>(nanos)};
}

// --- random cases
// ---------------------------------------------------------------------------------

class Cases {
 public:
  explicit Cases(uint64_t seed) : random_(seed) {}

  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  // All magnitudes up to `bits_max` bits alike, with zero, small numbers and the greatest among
  // them.
  int64_t count(int bits_max) {
    const auto bits = static_cast<int>(random_() % static_cast<unsigned>(bits_max + 1));
    if (bits == 0) return 0;
    if (bits_max == 63 && chance(40)) return kMost;
    return static_cast<int64_t>(random_() >> (64 - bits));
  }
  std::optional<PicosPerToken> maybe_price(int bits_max) {
    return chance(2) ? std::optional(PicosPerToken{count(bits_max)}) : std::nullopt;
  }
  Price price(int bits_max) {
    Price price;
    price.input = {count(bits_max)};
    price.output = {count(bits_max)};
    price.cached_input = maybe_price(bits_max);
    price.reasoning = maybe_price(bits_max);
    price.audio_input = maybe_price(bits_max);
    price.audio_output = maybe_price(bits_max);
    price.per_request = {chance(3) ? count(bits_max) : 0};
    return price;
  }
  // The parts are drawn freely, so that they often exceed their whole.
  TokenUsage usage(int bits_max) {
    return {count(bits_max), count(bits_max), count(bits_max),
            count(bits_max), count(bits_max), count(bits_max)};
  }
  ExchangeRate rate(int bits_max) {
    return chance(2) ? ExchangeRate{} : ExchangeRate{std::max<int64_t>(count(bits_max), 1)};
  }

 private:
  std::mt19937_64 random_;
};

TEST_CASE("a cost is the exact fraction, rounded once and half to even") {
  Cases cases(42);
  for (int i = 0; i < 30'000; ++i) {
    // From everyday sizes to the ends of 64 bits.
    const int bits_max = i % 3 == 0 ? 63 : i % 3 == 1 ? 30 : 12;
    const Price price = cases.price(bits_max);
    const TokenUsage usage = cases.usage(bits_max);
    const ExchangeRate rate = cases.rate(bits_max);
    const std::optional<Money> expected =
        within_64_bits(half_to_even(nanos_of(usage, price, rate)));
    REQUIRE(cost_of(usage, price, kUsd, rate) == expected);
  }
}

TEST_CASE("the bound covers every usage within it") {
  Cases cases(43);
  for (int i = 0; i < 30'000; ++i) {
    const int bits_max = i % 3 == 0 ? 63 : i % 3 == 1 ? 30 : 6;
    const Price price = cases.price(bits_max);
    const ExchangeRate rate = cases.rate(bits_max);
    const int64_t prompt_max = cases.count(bits_max);
    const int64_t completion_max = cases.count(bits_max);
    TokenUsage usage = cases.usage(bits_max);
    usage.prompt = std::min(usage.prompt, prompt_max);
    usage.completion =
        cases.chance(3) ? completion_max : std::min(usage.completion, completion_max);
    const Unit& unit = cases.chance(4) ? kTokens : kUsd;
    const std::optional<Money> bound = cost_bound_of(prompt_max, completion_max, price, unit, rate);
    const std::optional<Money> cost = cost_of(usage, price, unit, rate);
    if (bound) {
      REQUIRE(cost.has_value());
      REQUIRE(*cost <= *bound);
    }
  }
}

TEST_CASE("the bound is the cost of the dearest usage, rounded up") {
  Price price;
  price.input = {1};
  price.output = {500};
  CHECK(cost_bound_of(1, 0, price, kUsd) == Money{1});
  CHECK(cost_bound_of(0, 1, price, kUsd) == Money{1});
  CHECK(cost_bound_of(0, 2, price, kUsd) == Money{1});
  CHECK(cost_bound_of(0, 0, price, kUsd) == Money{0});
  price.audio_output = PicosPerToken{5'000};
  CHECK(cost_bound_of(0, 2, price, kUsd) == Money{10});
}

TEST_CASE("halves go to the even neighbour") {
  Price price;
  price.input = {500};
  CHECK(cost_of({.prompt = 1}, price, kUsd) == Money{0});
  CHECK(cost_of({.prompt = 3}, price, kUsd) == Money{2});
  CHECK(cost_of({.prompt = 5}, price, kUsd) == Money{2});
  price.input = {501};
  CHECK(cost_of({.prompt = 1}, price, kUsd) == Money{1});
}

TEST_CASE("each token is charged once, at its own price") {
  Price price;
  price.input = {2'500'000};
  price.cached_input = PicosPerToken{1'250'000};
  price.output = {10'000'000};
  TokenUsage usage;
  usage.prompt = 2006;
  usage.cached_prompt = 1920;
  usage.completion = 300;
  usage.reasoning_completion = 200;  // without a price of its own: as output
  CHECK(cost_of(usage, price, kUsd) == Money{86 * 2'500 + 1920 * 1'250 + 300 * 10'000});
  CHECK(cost_of(usage, price, kTokens) == Money{2306});
}

TEST_CASE("parts beyond their whole are cut, cached before audio") {
  Price price;
  price.input = {1'000};
  price.cached_input = PicosPerToken{2'000};
  price.audio_input = PicosPerToken{4'000};
  CHECK(cost_of({.prompt = 10, .cached_prompt = 8, .audio_prompt = 8}, price, kUsd) ==
        Money{8 * 2 + 2 * 4});
  CHECK(cost_of({.prompt = 10, .cached_prompt = kMost, .audio_prompt = kMost}, price, kUsd) ==
        Money{20});
}

TEST_CASE("what cannot be counted gives nothing") {
  Price dearest;
  dearest.input = dearest.output = {kMost};
  dearest.per_request = {kMost};
  const TokenUsage most{kMost, 0, 0, kMost, 0, 0};
  CHECK_FALSE(cost_of(most, dearest, kUsd).has_value());
  CHECK_FALSE(cost_of(most, dearest, kUsd, {kMost}).has_value());
  CHECK_FALSE(cost_of(most, dearest, kUsd, {1}).has_value());
  CHECK_FALSE(cost_of(most, dearest, kTokens).has_value());
  CHECK_FALSE(cost_bound_of(kMost, kMost, dearest, kUsd, {kMost}).has_value());
  CHECK_FALSE(cost_bound_of(kMost, 1, dearest, kTokens).has_value());
  CHECK_FALSE(cost_of({.prompt = -1}, Price{}, kUsd).has_value());
  CHECK_FALSE(cost_of({}, Price{}, kUsd, {0}).has_value());
}

}  // namespace
}  // namespace chatgate
