#include "cli/chart.h"

#include <catch2/catch_all.hpp>

using namespace chatgate;

TEST_CASE("a bar is drawn in eighths") {
  CHECK(chart_bar(100, 100, 4, true) == "████");
  CHECK(chart_bar(50, 100, 4, true) == "██");
  CHECK(chart_bar(33, 100, 4, true) == "█▍");
  CHECK(chart_bar(1, 1'000'000, 4, true) == "▏");
  CHECK(chart_bar(0, 100, 4, true).empty());
  CHECK(chart_bar(-5, 100, 4, true).empty());
  CHECK(chart_bar(INT64_MAX, INT64_MAX, 60, true).size() == 60 * std::string("█").size());
}

TEST_CASE("where there is no Unicode, a bar is drawn in whole columns") {
  CHECK(chart_bar(100, 100, 4, false) == "####");
  CHECK(chart_bar(33, 100, 4, false) == "#");
  CHECK(chart_bar(1, 1'000'000, 4, false) == "#");
}

TEST_CASE("a sparkline has one column for each value") {
  CHECK(sparkline({0, 1, 4, 8, 2}, true) == " ▁▄█▂");
  CHECK(sparkline({0, 1, 4, 8, 2}, false) == " .=@:");
  CHECK(sparkline({0, 0}, true) == "  ");
  CHECK(sparkline({}, true).empty());
}
