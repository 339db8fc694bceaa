// Exact amounts. No floating point touches money anywhere: text becomes integers here and integers
// become text here. Plain values, usable from any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/domain/decimal.h"
#include "common/result.h"

namespace chatgate {

// What an account is counted in: a currency ("USD") or prepaid "tokens".
struct Unit {
  std::string code = "USD";  // ISO 4217 in upper case, or "tokens"

  bool is_tokens() const { return code == "tokens"; }
  // Decimal places kept: 9 (nano-units) for a currency, 0 for tokens, which are counted whole
  // because nano-tokens would overflow 64 bits at 9 billion.
  int decimals() const { return is_tokens() ? 0 : 9; }
  bool operator==(const Unit&) const = default;
};

// "usd" -> USD, "Tokens" -> tokens; three letters or "tokens", anything else is an error.
Result<Unit> parse_unit(std::string_view text);

// An amount in the smallest part of its account's unit: nano-units (1e-9) of a currency, or whole
// tokens. May be negative (an adjustment). Range: 64 bits, +-9.2 billion currency units.
struct Money {
  int64_t nanos = 0;

  auto operator<=>(const Money&) const = default;
  bool is_zero() const { return nanos == 0; }
  bool is_negative() const { return nanos < 0; }
};

// Sums that would leave 64 bits give nothing.
std::optional<Money> checked_add(Money a, Money b);
std::optional<Money> checked_subtract(Money a, Money b);
// For sums that the books have already proven to fit; asserts that they do.
Money operator+(Money a, Money b);
Money operator-(Money a, Money b);

// Exact decimal text in an account's unit: "12.5", "-0.000000001", "1_000"; for tokens also "2k",
// "1.5M". More places than the unit keeps, or a number out of range, is an error that says why.
Result<Money> parse_money(std::string_view text, const Unit& unit);

// A number of tokens or requests, 0 or more, in the same forms: "4096", "1_000", "2k", "1.5M".
Result<int64_t> parse_count(std::string_view text);

// The shortest exact text with at least two decimals for a currency ("3.00", "0.0015"), none for
// tokens. parse_money reads it back to the same amount.
std::string format_money(Money amount, const Unit& unit);

// A price of one token: pico-units (1e-12) of a currency. Never negative.
struct PicosPerToken {
  int64_t picos = 0;
  auto operator<=>(const PicosPerToken&) const = default;
};

// Decimal text for `per` tokens (1, 1000 or 1000000) to the price of one. An amount that is not a
// whole number of pico-units per token is an error, never rounded.
Result<PicosPerToken> parse_token_price(std::string_view text, int64_t per);
// "20%" or "-5.5%" to the exact factor that prices are multiplied by: 1.2, 0.945. More than -100%.
Result<Decimal> parse_markup(std::string_view text);
// amount * factor for `per` tokens, multiplied exactly and then rounded once, half to even, to a
// whole number of pico-units per token. An amount above 0 that would become 0 is an error.
struct RoundedPrice {
  PicosPerToken price;
  bool is_exact = true;
};
Result<RoundedPrice> round_token_price(const Decimal& amount, int64_t per, const Decimal& factor);
// The price of `per` tokens as exact decimal text.
std::string format_token_price(PicosPerToken price, int64_t per);

// A rate between two currencies: units of the target for one of the source, in 1e-9.
struct ExchangeRate {
  int64_t nanos = 1'000'000'000;
  auto operator<=>(const ExchangeRate&) const = default;
};
Result<ExchangeRate> parse_exchange_rate(std::string_view text);

}  // namespace chatgate
