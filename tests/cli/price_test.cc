#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "cli/price/list.h"
#include "tests/cli/shell.h"

using namespace chatgate;
using nlohmann::json;

namespace {

json list_of(Shell& shell) {
  REQUIRE(shell.run({"price", "list", "--format", "json"}) == 0);
  return json::parse(shell.out);
}

}  // namespace

TEST_CASE("limits are counts as people write them") {
  Shell shell;
  REQUIRE(shell.run({"price", "set", "m", "--input", "1", "--output", "1", "--max-input", "1.5M",
                     "--max-output", "16_384"}) == 0);
  CHECK(list_of(shell)[0]["max_input_tokens"] == 1'500'000);
  CHECK(list_of(shell)[0]["max_output_tokens"] == 16'384);
  CHECK(shell.run({"price", "set", "m", "--input", "1", "--output", "1", "--max-input", "1.5"}) ==
        2);
  CHECK(shell.err.find("--max-input") != std::string::npos);
}

TEST_CASE("a price is set per million, thousand or one token, exactly") {
  Shell shell;
  REQUIRE(
      shell.run({"price", "set", "gpt-4o", "--input", "2.50", "--output", "10", "--cached-input",
                 "1.25", "--max-output", "16384", "--per-request", "0.001"}) == 0);
  REQUIRE(shell.run({"price", "set", "old", "--input", "0.0015", "--output", "0.002", "--per",
                     "1K"}) == 0);
  REQUIRE(shell.run({"price", "set", "yuan", "--input", "0.000001", "--output", "0", "--per", "1",
                     "--currency", "cny"}) == 0);
  const json list = list_of(shell);
  REQUIRE(list.size() == 3);
  CHECK(list[0]["input"] == "2.50");
  CHECK(list[0]["cached_input"] == "1.25");
  CHECK(list[0]["per_request"] == "0.001");
  CHECK(list[0]["max_output_tokens"] == 16384);
  CHECK(list[0]["reasoning"].is_null());
  CHECK(list[0]["per_tokens"] == 1'000'000);
  CHECK(list[1]["input"] == "1.50");
  CHECK(list[2]["input"] == "1.00");
  CHECK(list[2]["currency"] == "CNY");
}

TEST_CASE("prices that cannot be set") {
  Shell shell;
  const auto set = [&](std::vector<std::string> more) {
    std::vector<std::string> line{"price", "set", "--input", "1", "--output", "1"};
    line.insert(line.end(), more.begin(), more.end());
    return shell.run(line);
  };
  CHECK(set({"m", "--cached-input", "-1"}) == 2);
  CHECK(set({"m", "--reasoning", "0.0000001"}) == 2);
  CHECK(set({"m", "--per", "1G"}) == 2);
  CHECK(set({"m", "--currency", "tokens"}) == 2);
  CHECK(set({"m", "--currency", "dollar"}) == 2);
  CHECK(set({"m", "--from", "soon"}) == 2);
  CHECK(set({"m", "--max-output", "-5"}) == 2);
  CHECK(set({"gpt-*"}) == 2);
  CHECK(set({""}) == 2);
  CHECK(shell.run({"price", "set", "m", "--input", "1"}) == 2);
  CHECK_FALSE(std::filesystem::exists("chatgate.db"));
}

TEST_CASE("the list shows what is in force and what is set for later") {
  Shell shell;
  REQUIRE(shell.run({"price", "set", "m", "--input", "1", "--output", "1"}) == 0);
  shell.clock.advance_ms(1'000);
  REQUIRE(shell.run({"price", "set", "m", "--input", "2", "--output", "2"}) == 0);
  REQUIRE(shell.run(
              {"price", "set", "m", "--input", "3", "--output", "3", "--from", "2026-12-01"}) == 0);
  json list = list_of(shell);
  REQUIRE(list.size() == 2);
  CHECK(list[0]["input"] == "2.00");
  CHECK(list[1]["effective_from"] == "2026-12-01T00:00:00.000Z");
  shell.clock.advance_ms(30 * 86'400'000LL);
  list = list_of(shell);
  REQUIRE(list.size() == 1);
  CHECK(list[0]["input"] == "3.00");
}

TEST_CASE("a withdrawn model leaves the list when its time comes") {
  Price first;
  first.model = "m";
  Price removal = first;
  removal.removed = true;
  removal.effective_from = {100};
  CHECK(current_prices(PriceList({first, removal}), {50}).size() == 2);
  CHECK(current_prices(PriceList({first, removal}), {100}).empty());
}
