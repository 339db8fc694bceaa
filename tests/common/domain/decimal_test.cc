#include "common/domain/decimal.h"

#include <boost/multiprecision/cpp_int.hpp>
#include <catch2/catch_all.hpp>
#include <limits>
#include <random>
#include <string>

#include "common/domain/money.h"

namespace chatgate {
namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

cpp_rational power_of_ten(int exponent) {
  const cpp_int power = boost::multiprecision::pow(cpp_int(10), std::abs(exponent));
  return exponent >= 0 ? cpp_rational(power) : cpp_rational(cpp_int(1), power);
}

// A number as a program may write it, and what it is worth.
struct Written {
  std::string text;
  cpp_rational value;
};
Written random_number(std::mt19937_64& random) {
  const auto digits = [&](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += static_cast<char>('0' + random() % 10);
    return text;
  };
  const std::string whole = digits(random() % 10 + 1);
  const std::string fraction = digits(random() % 20);
  const int exponent = static_cast<int>(random() % 25) - 18;
  const bool has_exponent = random() % 2 == 0;
  Written written{whole, 0};
  if (!fraction.empty()) written.text += "." + fraction;
  if (has_exponent) written.text += (random() % 2 == 0 ? "e" : "E") + std::to_string(exponent);
  cpp_int value = 0;
  for (const char c : whole + fraction) value = value * 10 + (c - '0');
  written.value = cpp_rational(value) *
                  power_of_ten((has_exponent ? exponent : 0) - static_cast<int>(fraction.size()));
  return written;
}

// The nearest whole number, halves to the even one, by fractions of any size.
cpp_int nearest_whole(const cpp_rational& value) {
  const cpp_int twice = numerator(value) * 2 / denominator(value);
  const cpp_int below = twice / 2;
  const cpp_rational rest = value - cpp_rational(below);
  const cpp_rational half(cpp_int(1), cpp_int(2));
  const bool rounds_up = rest > half || (rest == half && below % 2 == 1);
  return rounds_up ? below + 1 : below;
}

}  // namespace

TEST_CASE("numbers are read and rounded as fractions of any size would be") {
  std::mt19937_64 random(20261120);
  for (int i = 0; i < 20'000; ++i) {
    const Written written = random_number(random);
    const int decimals = static_cast<int>(random() % 13);
    INFO(written.text << " to " << decimals << " decimals");
    const auto number = read_number(written.text);
    REQUIRE(number);
    const cpp_rational scaled = written.value * power_of_ten(decimals);
    const cpp_int expected = nearest_whole(scaled);
    const auto rounded = round_half_to_even(*number, decimals);
    REQUIRE(rounded.has_value() == (expected <= kMost));
    if (!rounded) continue;
    REQUIRE(cpp_int(rounded->value) == expected);
    REQUIRE(rounded->is_exact == (cpp_rational(expected) == scaled));
  }
}

TEST_CASE("a price with a markup is multiplied exactly and rounded once") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t picos = static_cast<int64_t>(random() % 100'000'000);
    const int64_t tenths = static_cast<int64_t>(random() % 5'000) - 999;  // of a percent
    const std::string markup = (tenths < 0 ? "-" : "") + std::to_string(std::abs(tenths) / 10) +
                               "." + std::to_string(std::abs(tenths) % 10) + "%";
    const auto factor = parse_markup(markup);
    REQUIRE(factor);
    const auto amount = read_number(std::to_string(picos) + "e-12");
    const cpp_rational exact =
        cpp_rational(cpp_int(picos)) * cpp_rational(cpp_int(1'000 + tenths), cpp_int(1'000));
    const cpp_int expected = nearest_whole(exact);
    const auto price = round_token_price(*amount, 1, *factor);
    INFO(picos << " with " << markup);
    if (expected == 0 && exact != 0) {
      REQUIRE_FALSE(price);
      continue;
    }
    REQUIRE(price);
    REQUIRE(cpp_int(price->price.picos) == expected);
    REQUIRE(price->is_exact == (exact == cpp_rational(expected)));
  }
}

TEST_CASE("halves go to the even pico") {
  const Decimal once{1, 0};
  CHECK(round_token_price(*read_number("1.5e-12"), 1, once)->price.picos == 2);
  CHECK(round_token_price(*read_number("2.5e-12"), 1, once)->price.picos == 2);
  CHECK(round_token_price(*read_number("2.5000000001e-12"), 1, once)->price.picos == 3);
  CHECK_FALSE(round_token_price(*read_number("2.5e-12"), 1, once)->is_exact);
  CHECK(round_token_price(*read_number("1.5e-07"), 1, once)->price.picos == 150'000);
  CHECK(round_token_price(*read_number("1.5e-07"), 1, once)->is_exact);
  CHECK(round_token_price(*read_number("1.4999999999999999e-07"), 1, once)->price.picos == 150'000);
  CHECK_FALSE(round_token_price(*read_number("1e-13"), 1, once));
  CHECK(round_token_price(*read_number("0"), 1, once)->price.picos == 0);
  CHECK_FALSE(round_token_price(*read_number("-1"), 1, once));
  CHECK_FALSE(round_token_price(*read_number("1e30"), 1, once));
  CHECK(round_token_price(*read_number("0.15"), 1'000'000, *parse_markup("20%"))->price.picos ==
        180'000);
}

TEST_CASE("text that is no number") {
  for (const char* text : {"", "-", ".", "e5", "1e", "1e+", "1.2.3", "1_000", "0x1", "nan", "inf",
                           "1 ", " 1", "1,5", "--1", "1e5.5", "1/2"}) {
    INFO(text);
    CHECK_FALSE(read_number(text));
  }
  CHECK_FALSE(read_number("1.23456789012345678901234567890123456789"));
  CHECK(read_number("1." + std::string(1'000, '0'))->digits == 1);
  CHECK_FALSE(round_half_to_even(*read_number("1e99999999999"), 0));
  CHECK(round_half_to_even(*read_number("1e-99999999999"), 12)->value == 0);
  CHECK(round_half_to_even(*read_number("-10.0"), 0)->value == -10);
}

TEST_CASE("text that is no markup") {
  for (const char* text : {"", "20", "%", "x%", "-100%", "-200%", "1000001%", "0.0000000001%"}) {
    INFO(text);
    CHECK_FALSE(parse_markup(text));
  }
}

TEST_CASE("more decimals than are kept are never taken for fewer") {
  CHECK_FALSE(parse_money("1." + std::string(45, '0'), Unit{}));
  CHECK_FALSE(parse_money("1." + std::string(44, '0') + "1", Unit{}));
  CHECK_FALSE(parse_token_price("1." + std::string(44, '0') + "1", 1));
}

}  // namespace chatgate
