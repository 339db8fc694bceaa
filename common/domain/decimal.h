// Decimal numbers as integers, and the one way in which a number is rounded. What people and other
// programs write becomes digits and places here, never a binary fraction. Plain values, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace chatgate {

using uint128 = unsigned __int128;

// digits / 10^places, negated when `is_negative`. `places` may be negative: 2e3 is 2 / 10^-3.
struct Decimal {
  uint128 digits = 0;
  int places = 0;
  bool is_negative = false;
  // More digits were written than are kept. The last one kept is never a zero then, so that the
  // number passes neither for whole nor for the middle between two.
  bool is_cut = false;
};

// What a person writes: digits with single underscores between them, then at most one point with
// digits after it; at most 64 characters, no sign. A value of 10^37 or more stays there.
std::optional<Decimal> read_decimal(std::string_view text);

// What a program writes: a sign, digits with at most one point, an exponent ("1.5e-07", "-.5",
// "10.0"). Nothing for any other text and for more than 37 digits that count.
std::optional<Decimal> read_number(std::string_view text);

// Exact; nothing when the digits would leave 128 bits.
std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);

// To the nearest whole, and from the middle to the even one. REQUIRES: divisor > 0.
uint128 divide_half_to_even(uint128 dividend, uint128 divisor);

// The nearest whole number to number * 10^decimals, halves to the even one, and whether that is
// exact. Nothing when it leaves 64 bits.
struct RoundedNumber {
  int64_t value = 0;
  bool is_exact = true;
};
std::optional<RoundedNumber> round_half_to_even(const Decimal& number, int decimals);

}  // namespace chatgate
