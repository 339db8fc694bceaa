#include <catch2/catch_all.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

constexpr const char* kTwoModels = R"({
  "sample_spec": {},
  "gpt-4o": {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "mode": "chat"},
  "o3": {"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06},
  "dall-e-3": {"output_cost_per_image": 0.04, "mode": "image_generation"}})";

void write(const std::string& name, std::string_view text) {
  std::ofstream(name, std::ios::binary) << text;
}

json list_of(Shell& shell, std::vector<std::string> more = {}) {
  std::vector<std::string> line{"price", "list", "--format", "json"};
  line.insert(line.end(), more.begin(), more.end());
  REQUIRE(shell.run(line) == 0);
  return json::parse(shell.out);
}

}  // namespace

TEST_CASE("an import adds models without a question and changes prices after one") {
  Shell shell;
  write("prices.json", kTwoModels);
  REQUIRE(shell.run({"price", "import", "prices.json"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("2 new, 0 changed, 0 unchanged"));
  CHECK_THAT(shell.err, ContainsSubstring("skipped: 1 not priced by tokens"));
  CHECK(list_of(shell)[0]["input"] == "2.50");

  REQUIRE(shell.run({"price", "import", "prices.json"}) == 0);
  CHECK(shell.out.empty());
  CHECK_THAT(shell.err, ContainsSubstring("0 new, 0 changed, 2 unchanged"));
  CHECK(list_of(shell, {"--history"}).size() == 2);

  shell.clock.advance_ms(1'000);
  CHECK(shell.run({"price", "import", "prices.json", "--markup", "20%"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--yes"));
  CHECK_THAT(shell.out, ContainsSubstring("2.50 -> 3.00 (+20%)"));
  CHECK(list_of(shell)[0]["input"] == "2.50");
  REQUIRE(shell.run({"price", "import", "prices.json", "--markup", "20%", "--models", "gpt*",
                     "--yes"}) == 0);
  CHECK(list_of(shell)[0]["input"] == "3.00");
  CHECK(list_of(shell)[1]["input"] == "2.00");
  const json history = list_of(shell, {"--history"});
  REQUIRE(history.size() == 3);
  CHECK(history[0]["state"] == "past");
  CHECK(history[1]["state"] == "in force");
}

TEST_CASE("at a terminal the answer decides") {
  Shell shell;
  write("prices.json", kTwoModels);
  REQUIRE(shell.run({"price", "import", "prices.json"}) == 0);
  shell.clock.advance_ms(1'000);
  shell.terminal = {true, true, true};
  CHECK(shell.run({"price", "import", "prices.json", "--markup", "1%"}, "n\n") == 4);
  CHECK(list_of(shell)[0]["input"] == "2.50");
  CHECK(shell.run({"price", "import", "prices.json", "--markup", "1%"}, "y\n") == 0);
  CHECK(list_of(shell)[0]["input"] == "2.525");
}

TEST_CASE("a dry run and a comparison change nothing") {
  Shell shell;
  write("prices.json", kTwoModels);
  REQUIRE(shell.run({"price", "import", "prices.json", "--dry-run", "--format", "json"}) == 0);
  const json changes = json::parse(shell.out);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0]["change"] == "new");
  CHECK(changes[0]["input"] == "2.50");
  CHECK(changes[0]["input_before"].is_null());
  CHECK_FALSE(std::filesystem::exists("chatgate.db"));

  REQUIRE(shell.run({"price", "import", "-"}, kTwoModels) == 0);
  CHECK(shell.run({"price", "diff", "prices.json"}) == 0);
  CHECK(shell.out.empty());
  CHECK(shell.run({"price", "diff", "prices.json", "--markup=-10%"}) == 1);
  CHECK_THAT(shell.out, ContainsSubstring("2.50 -> 2.25 (-10%)"));
  CHECK(list_of(shell, {"--history"}).size() == 2);
}

TEST_CASE("what the list prints, imported, changes nothing") {
  Shell shell;
  REQUIRE(shell.run({"price", "set", "m", "--input", "0.000001", "--output", "2", "--reasoning",
                     "3", "--audio-input", "0", "--audio-output", "9", "--per-request",
                     "0.000000001", "--max-input", "5", "--currency", "EUR"}) == 0);
  REQUIRE(shell.run({"price", "set", "m", "--input", "2", "--output", "2", "--cached-input", "1",
                     "--from", "2027-01-01"}) == 0);
  REQUIRE(shell.run({"price", "set", "n", "--input", "1", "--output", "2"}) == 0);
  REQUIRE(shell.run({"price", "remove", "n", "--from", "2027-01-01", "--yes"}) == 0);
  for (const std::string format : {"json", "csv"}) {
    REQUIRE(shell.run({"price", "list", "--format", format}) == 0);
    write("list", shell.out);
    CHECK(shell.run({"price", "diff", "list"}) == 0);
    CHECK(shell.run({"price", "import", "list"}) == 0);
    CHECK_THAT(shell.err, ContainsSubstring("0 new, 0 changed, 4 unchanged"));
    CHECK(list_of(shell, {"--history"}).size() == 4);
    REQUIRE(shell.run({"--db", "other-" + format + ".db", "price", "import", "list"}) == 0);
    REQUIRE(shell.run({"--db", "other-" + format + ".db", "price", "diff", "list"}) == 0);
  }
}

TEST_CASE("a withdrawn model comes back only when that is agreed to") {
  Shell shell;
  write("prices.json", kTwoModels);
  REQUIRE(shell.run({"price", "import", "prices.json"}) == 0);
  shell.clock.advance_ms(1'000);
  REQUIRE(shell.run({"price", "remove", "o3", "--yes"}) == 0);
  shell.clock.advance_ms(1'000);
  CHECK(shell.run({"price", "import", "prices.json"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("1 restored"));
  CHECK(list_of(shell).size() == 1);
  CHECK(shell.run({"price", "import", "prices.json", "--yes"}) == 0);
  CHECK(list_of(shell).size() == 2);
}

TEST_CASE("files that cannot be imported") {
  Shell shell;
  const auto import = [&](std::string_view text, std::vector<std::string> more = {}) {
    write("bad", text);
    std::vector<std::string> line{"price", "import", "bad"};
    line.insert(line.end(), more.begin(), more.end());
    return shell.run(line);
  };
  CHECK(shell.run({"price", "import", "nowhere.json"}) == 3);
  CHECK(shell.run({"price", "import"}) == 2);
  CHECK(shell.run({"price", "import", "."}) == 2);
  CHECK(import("") == 2);
  for (const char* empty : {"{}", "[]", R"({"foo": 1})"}) {
    CHECK(import(empty) == 2);
    CHECK_THAT(shell.err, ContainsSubstring("bad: holds no model with a price"));
  }
  CHECK(import("{\"gpt\": {\n  \"input") == 2);
  CHECK_THAT(shell.err, ContainsSubstring("line 2, column"));
  CHECK(import(kTwoModels, {"--models", "gpt-5*"}) == 3);
  CHECK(import(kTwoModels, {"--markup", "20"}) == 2);
  CHECK(import(kTwoModels, {"--currency", "tokens"}) == 2);
  CHECK_FALSE(std::filesystem::exists("chatgate.db"));
  CHECK(shell.run({"price", "diff", "bad"}) != 0);
}

TEST_CASE("a model is withdrawn, also from what is set for later") {
  Shell shell;
  REQUIRE(shell.run({"price", "set", "gpt-4o", "--input", "1", "--output", "1"}) == 0);
  REQUIRE(shell.run({"price", "set", "gpt-4o", "--input", "2", "--output", "2", "--from",
                     "2026-12-01"}) == 0);
  REQUIRE(shell.run({"price", "set", "gpt-4o", "--input", "3", "--output", "3", "--currency",
                     "EUR"}) == 0);
  shell.clock.advance_ms(1'000);
  CHECK(shell.run({"price", "remove", "gpt-4p", "--yes"}) == 3);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"gpt-4o\""));
  CHECK(shell.run({"price", "remove", "gpt-4o", "--currency", "CNY", "--yes"}) == 3);
  CHECK(shell.run({"price", "remove", "gpt-4o", "--currency", "x", "--yes"}) == 2);
  CHECK(shell.run({"price", "remove", "gpt-4o"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--yes"));
  CHECK(list_of(shell).size() == 3);

  REQUIRE(shell.run({"price", "remove", "gpt-4o", "--currency", "eur", "--yes"}) == 0);
  CHECK(list_of(shell).size() == 2);
  REQUIRE(shell.run({"price", "remove", "gpt-4o", "--yes"}) == 0);
  for (const auto& row : list_of(shell)) CHECK(row["removed"] == true);
  shell.clock.advance_ms(30 * 86'400'000LL);
  CHECK(list_of(shell).empty());
  CHECK(shell.run({"price", "remove", "gpt-4o", "--yes"}) == 3);
  CHECK(shell.run({"price", "set", "gpt-4o", "--input", "1", "--output", "1"}) == 0);
  CHECK(list_of(shell).size() == 1);
}

TEST_CASE("a preview tells of every price of a new model") {
  Shell shell;
  write("prices.json", R"({"m": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
    "input_cost_per_audio_token": 4e-05, "input_cost_per_request": 0.01, "max_tokens": 9}})");
  REQUIRE(shell.run({"price", "import", "prices.json", "--dry-run"}) == 0);
  CHECK_THAT(shell.out, ContainsSubstring("audio input 40.00, per request 0.01\n"));
}

TEST_CASE("states are those of the moment asked for") {
  Shell shell;
  const auto set = [&](const std::string& price, const std::string& from) {
    REQUIRE(shell.run({"price", "set", "m", "--input", price, "--output", price, "--from", from}) ==
            0);
  };
  set("1", "2027-01-01");
  set("2", "2027-01-01");
  set("3", "2027-02-01");
  CHECK(list_of(shell, {"--at", "2027-01-05"})[0]["state"] == "in force");
  CHECK(list_of(shell, {"--history"})[0]["state"] == "replaced");
  REQUIRE(shell.run({"price", "list", "--at", "2027-01-05"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("in force at 2027-01-05 00:00Z, time zone UTC"));
  CHECK_THAT(shell.out, !ContainsSubstring("STATE"));
  REQUIRE(shell.run({"price", "list", "--history", "--format", "json"}) == 0);
  write("history.json", shell.out);
  CHECK(shell.run({"price", "diff", "history.json"}) == 0);
}

TEST_CASE("the list shows one moment or all of history") {
  Shell shell;
  REQUIRE(shell.run({"price", "set", "m", "--input", "1", "--output", "1"}) == 0);
  shell.clock.advance_ms(86'400'000);
  REQUIRE(shell.run({"price", "set", "m", "--input", "2", "--output", "2"}) == 0);
  CHECK(list_of(shell, {"--at", "1h"})[0]["input"] == "1.00");
  CHECK(list_of(shell, {"--at", "2027-01-01"})[0]["input"] == "2.00");
  CHECK(list_of(shell, {"--at", "2020-01-01"}).empty());
  CHECK(list_of(shell, {"--history"}).size() == 2);
  CHECK(shell.run({"price", "list", "--at", "soon"}) == 2);
  CHECK(shell.run({"price", "list", "--at", "now", "--history"}) == 2);
}
