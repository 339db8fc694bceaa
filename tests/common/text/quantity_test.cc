#include "common/text/quantity.h"

#include <catch2/catch_all.hpp>

using namespace chatgate;

TEST_CASE("sizes are read with decimal and binary units") {
  CHECK(parse_bytes("65536") == 65'536);
  CHECK(parse_bytes("64kB") == 64'000);
  CHECK(parse_bytes("64MB") == 64'000'000);
  CHECK(parse_bytes("64MiB") == 64 << 20);
  CHECK(parse_bytes("1 GiB") == 1 << 30);
  CHECK(parse_bytes("0") == 0);
}

TEST_CASE("a size that is none shows the forms that are") {
  for (const char* text : {"", "MB", "1.5MB", "-1", "64M", "1x", "9223372036854775807kB"}) {
    const auto bytes = parse_bytes(text);
    REQUIRE_FALSE(bytes);
    CHECK(bytes.error().code == ErrorCode::kInvalidArgument);
    CHECK_THAT(bytes.error().message, Catch::Matchers::ContainsSubstring("64MB"));
  }
}

TEST_CASE("durations are read with their units") {
  CHECK(parse_duration_ms("500ms") == 500);
  CHECK(parse_duration_ms("30s") == 30'000);
  CHECK(parse_duration_ms("10m") == 600'000);
  CHECK(parse_duration_ms("2h") == 7'200'000);
  CHECK(parse_duration_ms("1h30m") == 5'400'000);
  CHECK(parse_duration_ms("7d") == 604'800'000);
  CHECK(parse_duration_ms("2w") == 1'209'600'000);
  CHECK(parse_duration_ms("0") == 0);
}

TEST_CASE("a duration without a unit or out of range is none") {
  for (const char* text : {"", "30", "s", "1.5h", "-1s", "5x", "10 m", "99999999999999999d"}) {
    CHECK_FALSE(parse_duration_ms(text));
  }
}

TEST_CASE("what is printed is read back as the same number") {
  for (const int64_t ms : {0LL, 1LL, 1'500LL, 90'000LL, 600'000LL, 7'200'000LL, 86'400'000LL}) {
    CHECK(parse_duration_ms(format_duration_ms(ms)) == ms);
  }
  for (const int64_t bytes : {0LL, 1LL, 1'000LL, 1'024LL, 64LL << 20, (1LL << 30) + 1}) {
    CHECK(parse_bytes(format_bytes(bytes)) == bytes);
  }
  CHECK(format_duration_ms(600'000) == "10m");
  CHECK(format_duration_ms(1'500) == "1500ms");
  CHECK(format_bytes(64 << 20) == "64MiB");
}

TEST_CASE("booleans and integers refuse what is neither") {
  CHECK(parse_boolean("Yes") == true);
  CHECK(parse_boolean("0") == false);
  CHECK_FALSE(parse_boolean("maybe"));
  CHECK(parse_integer("-12") == -12);
  CHECK_FALSE(parse_integer("12a"));
  CHECK_FALSE(parse_integer(""));
  CHECK_FALSE(parse_integer("99999999999999999999"));
}

TEST_CASE("lists lose their spaces and their empty words") {
  CHECK(split_list(" a, b ,,c") == std::vector<std::string>{"a", "b", "c"});
  CHECK(split_list("").empty());
  CHECK(join_list({"a", "b"}) == "a,b");
}

TEST_CASE("a quoted text cannot break a line") {
  CHECK(quote("a\"b\\c\nd\x1b") == R"("a\"b\\c\nd\x1b")");
}

TEST_CASE("a count for a glance has three digits") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(999) == "999");
  CHECK(format_count(1'000) == "1.00k");
  CHECK(format_count(12'345) == "12.3k");
  CHECK(format_count(999'999) == "999k");
  CHECK(format_count(45'678'901) == "45.6M");
  CHECK(format_count(INT64_MAX) == "9.22E");
}
