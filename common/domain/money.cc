#include "common/domain/money.h"

#include <algorithm>
#include <cassert>

namespace chatgate {
namespace {

constexpr int kCurrencyDecimals = 9;
constexpr int kPicoDecimals = 12;

// Foreign text within quotes, printable and short, for an error message.
std::string in_quotes(std::string_view text) {
  constexpr size_t kShown = 40;
  std::string shown = "'";
  for (const char c : text.substr(0, kShown)) {
    shown += (c >= ' ' && c <= '~' && c != '\'') ? c : '?';
  }
  if (text.size() > kShown) shown += "...";
  return shown + "'";
}

tl::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument, in_quotes(text) + " " + std::string(why));
}

// decimal * 10^decimals, which must be a whole 64-bit number.
enum class ScaleFault : uint8_t { kNone, kNotWhole, kOutOfRange };
struct Scaled {
  int64_t value = 0;
  ScaleFault fault = ScaleFault::kNone;
};
Scaled scale(const Decimal& decimal, int decimals) {
  const auto number = round_half_to_even(decimal, decimals);
  if (!number) return {0, ScaleFault::kOutOfRange};
  if (!number->is_exact) return {0, ScaleFault::kNotWhole};
  return {number->value, ScaleFault::kNone};
}

constexpr std::string_view kNotANumber =
    "is not an amount: write digits with an optional decimal point, like 12.5 or 1_000";

// |nanos| / 10^decimals as text with at least `decimals_min` and no needless decimals.
std::string decimal_text(uint64_t magnitude, int decimals, int decimals_min) {
  std::string digits = std::to_string(magnitude);
  const auto places = static_cast<size_t>(decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  std::string fraction = digits.substr(digits.size() - places);
  digits.resize(digits.size() - places);
  while (fraction.size() > static_cast<size_t>(decimals_min) && fraction.back() == '0') {
    fraction.pop_back();
  }
  return fraction.empty() ? digits : digits + "." + fraction;
}

// How many decimals of the price of `per` tokens a whole number of picos per token can have.
int price_decimals(int64_t per) {
  assert(per == 1 || per == 1'000 || per == 1'000'000);
  if (per == 1) return kPicoDecimals;
  return per == 1'000 ? kPicoDecimals - 3 : kPicoDecimals - 6;
}

}  // namespace

Result<Unit> parse_unit(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower == "tokens") return Unit{"tokens"};
  const bool are_letters = std::ranges::all_of(lower, [](char c) { return c >= 'a' && c <= 'z'; });
  if (lower.size() != 3 || !are_letters) {
    return bad(text, "is not a unit: use a currency of three letters, like USD, or tokens");
  }
  for (char& c : lower) c = static_cast<char>(c - 'a' + 'A');
  return Unit{std::move(lower)};
}

std::optional<Money> checked_add(Money a, Money b) {
  Money sum;
  if (__builtin_add_overflow(a.nanos, b.nanos, &sum.nanos)) return std::nullopt;
  return sum;
}

std::optional<Money> checked_subtract(Money a, Money b) {
  Money difference;
  if (__builtin_sub_overflow(a.nanos, b.nanos, &difference.nanos)) return std::nullopt;
  return difference;
}

Money operator+(Money a, Money b) {
  const std::optional<Money> sum = checked_add(a, b);
  assert(sum.has_value());
  return *sum;
}

Money operator-(Money a, Money b) {
  const std::optional<Money> difference = checked_subtract(a, b);
  assert(difference.has_value());
  return *difference;
}

Result<Money> parse_money(std::string_view text, const Unit& unit) {
  std::string_view number = text;
  const bool is_negative = number.starts_with('-');
  if (is_negative) number.remove_prefix(1);
  int shift = 0;
  if (unit.is_tokens() && !number.empty()) {
    if (number.back() == 'k' || number.back() == 'K') shift = 3;
    if (number.back() == 'M') shift = 6;
    if (shift != 0) number.remove_suffix(1);
  }
  const std::optional<Decimal> decimal = read_decimal(number);
  if (!decimal) return bad(text, kNotANumber);
  const bool too_fine = decimal->places > unit.decimals() + shift;
  const Scaled scaled = scale(*decimal, unit.decimals() + shift);
  if (too_fine || scaled.fault == ScaleFault::kNotWhole) {
    return bad(text, unit.is_tokens() ? "is not a whole number"
                                      : "has more than 9 decimals, the most that are kept");
  }
  // The least 64-bit number is left out, so that every amount has a negative.
  if (scaled.fault == ScaleFault::kOutOfRange) {
    return bad(text, unit.is_tokens() ? "is too large: at most 9223372036854775807"
                                      : "is too large: at most 9223372036.854775807");
  }
  return Money{is_negative ? -scaled.value : scaled.value};
}

Result<int64_t> parse_count(std::string_view text) {
  const Result<Money> count = parse_money(text, Unit{"tokens"});
  if (!count) return tl::unexpected<Error>(count.error());
  if (count->is_negative()) return bad(text, "is negative: a count is 0 or more");
  return count->nanos;
}

std::string format_money(Money amount, const Unit& unit) {
  const auto bits = static_cast<uint64_t>(amount.nanos);
  const uint64_t magnitude = amount.is_negative() ? uint64_t{0} - bits : bits;
  const int decimals_min = unit.is_tokens() ? 0 : 2;
  return (amount.is_negative() ? "-" : "") + decimal_text(magnitude, unit.decimals(), decimals_min);
}

Result<PicosPerToken> parse_token_price(std::string_view text, int64_t per) {
  const int decimals = price_decimals(per);
  if (text.starts_with('-')) return bad(text, "is negative: a price is 0 or more");
  const std::optional<Decimal> decimal = read_decimal(text);
  if (!decimal) return bad(text, kNotANumber);
  const Scaled scaled = scale(*decimal, decimals);
  if (scaled.fault == ScaleFault::kNotWhole) {
    return bad(text, "is too fine: the price of " + std::to_string(per) + " tokens has at most " +
                         std::to_string(decimals) + " decimals");
  }
  if (scaled.fault == ScaleFault::kOutOfRange) return bad(text, "is too large for a token's price");
  return PicosPerToken{scaled.value};
}

Result<Decimal> parse_markup(std::string_view text) {
  constexpr int kPlacesMax = 9;
  const auto refuse = [&](const char* why) { return bad(text, why); };
  if (!text.ends_with('%')) return refuse("is not a markup: write a percentage, like 20%");
  auto percent = read_number(text.substr(0, text.size() - 1));
  if (!percent) return refuse("is not a markup: write a percentage, like 20%");
  if (percent->places > kPlacesMax) return refuse("has more than 9 decimals");
  const auto part = round_half_to_even(*percent, kPlacesMax);
  constexpr int64_t kWhole = 100'000'000'000;  // 100 with nine decimals
  if (!part || part->value > 10'000 * kWhole) return refuse("is too large: at most 1000000%");
  if (part->value <= -kWhole) return refuse("leaves nothing of a price");
  return Decimal{static_cast<uint128>(kWhole + part->value), kPlacesMax + 2};
}

Result<RoundedPrice> round_token_price(const Decimal& amount, int64_t per, const Decimal& factor) {
  if (amount.is_negative) return fail(ErrorCode::kInvalidArgument, "a price is below zero");
  const auto product = multiply(amount, factor);
  const auto picos = product ? round_half_to_even(*product, price_decimals(per)) : std::nullopt;
  if (!picos)
    return fail(ErrorCode::kInvalidArgument, "a price is too large or has too many digits");
  if (picos->value == 0 && !picos->is_exact) {
    return fail(ErrorCode::kInvalidArgument, "a price is too small: less than 1e-12 of a token");
  }
  return RoundedPrice{{picos->value}, picos->is_exact};
}

std::string format_token_price(PicosPerToken price, int64_t per) {
  assert(price.picos >= 0);
  return decimal_text(static_cast<uint64_t>(price.picos), price_decimals(per), 2);
}

Result<ExchangeRate> parse_exchange_rate(std::string_view text) {
  const std::optional<Decimal> decimal = read_decimal(text);
  if (!decimal)
    return bad(text, "is not an exchange rate: write a decimal number above 0, like 7.25");
  const Scaled scaled = scale(*decimal, kCurrencyDecimals);
  if (scaled.fault == ScaleFault::kNotWhole) {
    return bad(text, "has more than 9 decimals, the most that an exchange rate keeps");
  }
  if (scaled.fault == ScaleFault::kOutOfRange)
    return bad(text, "is too large for an exchange rate");
  if (scaled.value == 0) return bad(text, "is no exchange rate: it must be above 0");
  return ExchangeRate{scaled.value};
}

}  // namespace chatgate
