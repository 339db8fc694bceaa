#include "common/domain/money.h"

#include <catch2/catch_all.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace chatgate {
namespace {

const Unit kUsd{"USD"};
const Unit kTokens{"tokens"};
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// Every magnitude is equally likely, and the ends come up.
int64_t random_amount(std::mt19937_64& random) {
  const int bits = static_cast<int>(random() % 64);
  auto amount = static_cast<int64_t>(random() >> 1 >> bits);
  if (random() % 50 == 0) amount = kMost;
  return random() % 2 == 0 ? amount : -amount;
}

TEST_CASE("a count is a whole number, as people write it") {
  CHECK(parse_count("0") == 0);
  CHECK(parse_count("1_000") == 1'000);
  CHECK(parse_count("2k") == 2'000);
  CHECK(parse_count("1.5M") == 1'500'000);
  for (const char* text : {"", "-1", "1.5", "1.0001k", "k", "1__0", "1e3"}) {
    CHECK(parse_count(text).error().code == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("money that is written and read again is the same amount") {
  std::mt19937_64 random(20260101);
  for (int i = 0; i < 20'000; ++i) {
    const Money amount{random_amount(random)};
    for (const Unit& unit : {kUsd, kTokens}) {
      const std::string text = format_money(amount, unit);
      const Result<Money> read = parse_money(text, unit);
      INFO(text);
      REQUIRE(read.has_value());
      REQUIRE(*read == amount);
    }
  }
}

TEST_CASE("token prices that are written and read again are the same") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const PicosPerToken price{std::abs(random_amount(random))};
    for (const int64_t per : {1, 1'000, 1'000'000}) {
      const Result<PicosPerToken> read = parse_token_price(format_token_price(price, per), per);
      REQUIRE(read.has_value());
      REQUIRE(*read == price);
    }
  }
}

TEST_CASE("money is written with two decimals or as many as it needs") {
  CHECK(format_money({0}, kUsd) == "0.00");
  CHECK(format_money({3'000'000'000}, kUsd) == "3.00");
  CHECK(format_money({1'500'000}, kUsd) == "0.0015");
  CHECK(format_money({-1}, kUsd) == "-0.000000001");
  CHECK(format_money({1'200'000'000}, kUsd) == "1.20");
  CHECK(format_money({kMost}, kUsd) == "9223372036.854775807");
  CHECK(format_money({std::numeric_limits<int64_t>::min()}, kUsd) == "-9223372036.854775808");
  CHECK(format_money({-42}, kTokens) == "-42");
  CHECK(format_money({1'000'000}, kTokens) == "1000000");
}

TEST_CASE("money is read exactly") {
  const auto read = [](std::string_view text, const Unit& unit) {
    const Result<Money> money = parse_money(text, unit);
    INFO(text);
    REQUIRE(money.has_value());
    return money->nanos;
  };
  CHECK(read("12.5", kUsd) == 12'500'000'000);
  CHECK(read("-0.000000001", kUsd) == -1);
  CHECK(read("1_000", kUsd) == 1'000'000'000'000);
  CHECK(read("007", kUsd) == 7'000'000'000);
  CHECK(read("-0", kUsd) == 0);
  CHECK(read("9223372036.854775807", kUsd) == kMost);
  CHECK(read("2k", kTokens) == 2'000);
  CHECK(read("1.5M", kTokens) == 1'500'000);
  CHECK(read("1.234567M", kTokens) == 1'234'567);
  CHECK(read("-3K", kTokens) == -3'000);
  CHECK(read("9223372036854775807", kTokens) == kMost);
}

TEST_CASE("text that is no amount is refused with a reason") {
  const auto hostile = GENERATE(
      as<std::string>{}, "", "-", ".", "-.", "1.", ".5", "1e5", "1,5", " 1", "1 ", "1__0", "_1",
      "1_", "1_.5", "1._5", "+1", "0x1", "½", "--1", "1.2.3", "nan", "inf", "1\n", "$1", "1 USD",
      "١", std::string("1\0", 2), std::string("\0", 1), std::string(1'000'000, '9'),
      "123456789012345678901234567890", "9223372036.854775808", "0.0000000001");
  const Result<Money> money = parse_money(hostile, kUsd);
  REQUIRE_FALSE(money.has_value());
  CHECK(money.error().code == ErrorCode::kInvalidArgument);
  CHECK(money.error().message.size() < 300);
  CHECK(money.error().message.find('\0') == std::string::npos);
  CHECK_FALSE(parse_token_price(hostile == "0.0000000001" ? "-1" : hostile, 1'000'000).has_value());
}

TEST_CASE("tokens are whole") {
  for (const char* text :
       {"1.5", "1.0", "1.2345k", "k", "M", "1m", "1kk", "9223372036854775808", "9300000000000M"}) {
    INFO(text);
    CHECK_FALSE(parse_money(text, kTokens).has_value());
  }
  CHECK_FALSE(parse_money("2k", kUsd).has_value());
}

TEST_CASE("a token's price is never rounded") {
  CHECK(parse_token_price("0.15", 1'000'000)->picos == 150'000);
  CHECK(parse_token_price("0.000001", 1'000'000)->picos == 1);
  CHECK(parse_token_price("0.0000010", 1'000'000)->picos == 1);
  CHECK(parse_token_price("0.002", 1'000)->picos == 2'000'000);
  CHECK(parse_token_price("0.000000000001", 1)->picos == 1);
  CHECK_FALSE(parse_token_price("0.0000001", 1'000'000).has_value());
  CHECK_FALSE(parse_token_price("0.0000000001", 1'000).has_value());
  CHECK_FALSE(parse_token_price("-0.15", 1'000'000).has_value());
  CHECK_FALSE(parse_token_price("9300000000000", 1'000'000).has_value());
  CHECK(format_token_price({150'000}, 1'000'000) == "0.15");
  CHECK(format_token_price({2'500'000}, 1'000'000) == "2.50");
}

TEST_CASE("units are currencies or tokens") {
  CHECK(parse_unit("usd")->code == "USD");
  CHECK(parse_unit("Tokens")->is_tokens());
  for (const char* text : {"", "us", "usdt", "u$d", "token", "U SD"}) {
    INFO(text);
    CHECK_FALSE(parse_unit(text).has_value());
  }
}

TEST_CASE("exchange rates are above zero") {
  CHECK(parse_exchange_rate("7.25")->nanos == 7'250'000'000);
  CHECK(parse_exchange_rate("0.000000001")->nanos == 1);
  for (const char* text : {"0", "0.0", "-1", "0.0000000001", "9999999999999", ""}) {
    INFO(text);
    CHECK_FALSE(parse_exchange_rate(text).has_value());
  }
}

TEST_CASE("sums that leave 64 bits give nothing") {
  CHECK_FALSE(checked_add({kMost}, {1}).has_value());
  CHECK_FALSE(checked_subtract({-kMost}, {2}).has_value());
  CHECK(checked_add({kMost}, {-1}) == Money{kMost - 1});
  CHECK(checked_subtract({-kMost}, {1}) == Money{std::numeric_limits<int64_t>::min()});
}

}  // namespace
}  // namespace chatgate
