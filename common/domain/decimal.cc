#include "common/domain/decimal.h"

#include <cassert>
#include <limits>
#include <string>

namespace chatgate {
namespace {

constexpr size_t kDecimalTextBytesMax = 64;
constexpr size_t kDigitsMax = 37;
// Beyond it a number is nothing or out of range, whatever its digits are.
constexpr int kExponentMax = 1'000;
constexpr int kShiftMax = 38;  // the greatest power of ten in 128 bits

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr uint128 power_of_ten(int exponent) {
  uint128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

Decimal decimal_of(std::string digits, int places) {
  digits.erase(0, digits.find_first_not_of('0'));
  while (digits.size() > kDigitsMax && digits.back() == '0') {
    digits.pop_back();
    --places;
  }
  Decimal decimal;
  if (digits.size() > kDigitsMax) {
    places -= static_cast<int>(digits.size() - kDigitsMax);
    digits.resize(kDigitsMax);
    if (digits.back() == '0') digits.back() = '1';
    decimal.is_cut = true;
  }
  for (const char c : digits) decimal.digits = decimal.digits * 10 + static_cast<uint128>(c - '0');
  decimal.places = decimal.digits == 0 ? 0 : places;
  return decimal;
}

// "e-07": the exponent, cut to what makes a difference.
std::optional<int> read_exponent(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int exponent = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    if (exponent < kExponentMax) exponent = exponent * 10 + (c - '0');
  }
  return is_negative ? -exponent : exponent;
}

}  // namespace

std::optional<Decimal> read_decimal(std::string_view text) {
  if (text.empty() || text.size() > kDecimalTextBytesMax) return std::nullopt;
  std::string digits;
  int places = 0;
  bool after_point = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_digit(c)) {
      digits += c;
      if (after_point) ++places;
      continue;
    }
    const bool stands_between_digits =
        i > 0 && i + 1 < text.size() && is_digit(text[i - 1]) && is_digit(text[i + 1]);
    if (!stands_between_digits) return std::nullopt;
    if (c == '_') continue;
    if (c != '.' || after_point) return std::nullopt;
    after_point = true;
  }
  const bool has_zeros_only = digits.find_first_not_of('0') == std::string::npos;
  Decimal decimal = decimal_of(std::move(digits), places);
  if (has_zeros_only) decimal.places = places;  // "0.00" was written with two
  return decimal;
}

std::optional<Decimal> read_number(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  std::string digits;
  int places = 0;
  bool after_point = false;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    if (is_digit(text[at])) {
      digits += text[at];
      if (after_point) ++places;
    } else if (text[at] == '.' && !after_point) {
      after_point = true;
    } else {
      break;
    }
  }
  const auto exponent = read_exponent(text.substr(at));
  if (digits.empty() || !exponent) return std::nullopt;
  Decimal number = decimal_of(std::move(digits), places);
  if (number.is_cut) return std::nullopt;
  if (number.digits == 0) return Decimal{};
  for (; number.digits % 10 == 0; --number.places) number.digits /= 10;
  number.places -= *exponent;
  number.is_negative = is_negative;
  return number;
}

std::optional<Decimal> multiply(const Decimal& a, const Decimal& b) {
  Decimal product;
  if (__builtin_mul_overflow(a.digits, b.digits, &product.digits)) return std::nullopt;
  product.places = a.places + b.places;
  product.is_negative = product.digits != 0 && a.is_negative != b.is_negative;
  product.is_cut = a.is_cut || b.is_cut;
  return product;
}

uint128 divide_half_to_even(uint128 dividend, uint128 divisor) {
  assert(divisor > 0);
  const uint128 quotient = dividend / divisor;
  const uint128 remainder = dividend % divisor;
  const uint128 rest = divisor - remainder;
  const bool rounds_up = remainder > rest || (remainder == rest && quotient % 2 == 1);
  return rounds_up ? quotient + 1 : quotient;
}

std::optional<RoundedNumber> round_half_to_even(const Decimal& number, int decimals) {
  if (number.digits == 0) return RoundedNumber{};
  uint128 whole = number.digits;
  bool is_exact = true;
  for (int shift = decimals - number.places; shift > 0; --shift) {
    if (__builtin_mul_overflow(whole, uint128{10}, &whole)) return std::nullopt;
  }
  if (const int dropped = number.places - decimals; dropped > kShiftMax) {
    // Less than half, as no digits reach 5 * 10^38.
    whole = 0;
    is_exact = false;
  } else if (dropped > 0) {
    const uint128 divisor = power_of_ten(dropped);
    is_exact = whole % divisor == 0;
    whole = divide_half_to_even(whole, divisor);
  }
  if (whole > static_cast<uint128>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  const auto value = static_cast<int64_t>(whole);
  return RoundedNumber{number.is_negative ? -value : value, is_exact};
}

}  // namespace chatgate
