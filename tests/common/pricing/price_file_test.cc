#include "common/pricing/price_file.h"

#include <catch2/catch_all.hpp>

#include "common/pricing/model_pattern.h"
#include "common/pricing/price_list.h"

namespace chatgate {
namespace {

PriceFile read(std::string_view text, const PriceFileOptions& options = {}) {
  auto file = read_price_file(text, options);
  INFO(text);
  if (!file) FAIL(file.error().message);
  return *std::move(file);
}

std::string fault_of(std::string_view text) {
  const auto file = read_price_file(text, {});
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::kInvalidArgument);
  return file.error().message;
}

// The reason why the one model of `fields` is skipped; empty when it is not.
std::string skipped(const std::string& fields, const std::string& name = "m") {
  const PriceFile file = read("{\"" + name + "\": {" + fields + "}}");
  CHECK(file.prices.size() + file.skipped.size() == 1);
  return file.skipped.empty() ? "" : file.skipped.begin()->first;
}

}  // namespace

TEST_CASE("LiteLLM's fields become a price, exactly") {
  const PriceFile file = read(R"({
    "sample_spec": {"input_cost_per_token": 0.0, "max_tokens": "in words"},
    "fallback_generalizations": {"rules": []},
    "gpt-4o": {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 0.00001,
      "cache_read_input_token_cost": "1.25e-06", "output_cost_per_reasoning_token": null,
      "input_cost_per_audio_token": 4e-05, "output_cost_per_audio_token": 8E-5,
      "input_cost_per_request": 0.005, "max_input_tokens": 128000, "max_output_tokens": 16384.0,
      "max_tokens": 9, "mode": "chat", "supports_vision": true, "litellm_provider": "openai",
      "supported_regions": ["global"], "search_context_cost_per_query": {"low": 0.03}}})");
  REQUIRE(file.prices.size() == 1);
  const Price& price = file.prices[0].price;
  CHECK(price.model == "gpt-4o");
  CHECK(price.currency == "USD");
  CHECK(price.input.picos == 2'500'000);
  CHECK(price.output.picos == 10'000'000);
  CHECK(price.cached_input == PicosPerToken{1'250'000});
  CHECK_FALSE(price.reasoning);
  CHECK(price.audio_input == PicosPerToken{40'000'000});
  CHECK(price.audio_output == PicosPerToken{80'000'000});
  CHECK(price.per_request == Money{5'000'000});
  CHECK(price.max_input_tokens == 128'000);
  CHECK(price.max_output_tokens == 16'384);
  CHECK(file.skipped.empty());
  CHECK(file.remarks.empty());
}

TEST_CASE("models that cannot be priced by tokens are skipped with a reason") {
  const std::string in = R"("input_cost_per_token": 1e-06, )";
  const std::string both = in + R"("output_cost_per_token": 1e-06)";
  CHECK(skipped(both).empty());
  CHECK(skipped(both, "a*").find("name") != std::string::npos);
  CHECK(skipped(in + R"("mode": "embedding")").empty());
  CHECK(skipped(in + R"("mode": "chat")") == "without a price of completion tokens");
  CHECK(skipped(R"("mode": "chat", "max_tokens": 5)") == "without a price");
  CHECK(skipped(R"("output_cost_per_image": 0.04)").find("image") != std::string::npos);
  CHECK(skipped(R"("input_cost_per_second": 0.0001)").find("second") != std::string::npos);
  CHECK(skipped(R"("tiered_pricing": [{"range": [0, 1]}])") == "priced in tiers");
  CHECK(skipped(both + R"(, "mode": "audio_speech", "output_cost_per_second": 1)")
            .find("beside tokens") != std::string::npos);
  CHECK(
      skipped(R"("input_cost_per_token": 0.0, "output_cost_per_token": 0)").find("cost nothing") !=
      std::string::npos);
  CHECK(skipped(R"("input_cost_per_token": "a lot")") == "with a price that is not a number");
  CHECK(skipped(R"("input_cost_per_token": true)") == "with a price that is not a number");
  CHECK(skipped(in + R"("output_cost_per_token": -1)") == "with a price below zero");
  CHECK(skipped(in + R"("output_cost_per_token": 1e-14)").find("too small") != std::string::npos);
  CHECK(skipped(in + R"("output_cost_per_token": 1e20)").find("too large") != std::string::npos);
  CHECK(skipped(in + R"("output_cost_per_token": 1, "input_cost_per_audio_token": "x")") ==
        "with a price that is not a number");
  CHECK_FALSE(read(R"({"m": 5})").skipped.empty());
}

TEST_CASE("what is to be known of an imported model is remarked") {
  const std::string both = R"("input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06)";
  const auto remarks_of = [&](const std::string& more) {
    const PriceFile file = read("{\"m\": {" + both + more + "}}");
    CHECK(file.prices.size() == 1);
    return file.remarks.empty() ? std::string() : file.remarks.begin()->first;
  };
  CHECK(remarks_of("").empty());
  CHECK(remarks_of(R"(, "input_cost_per_token_above_200k_tokens": 2e-06)").find("long prompts") !=
        std::string::npos);
  CHECK(remarks_of(R"(, "input_cost_per_image": 0.004)").find("image") != std::string::npos);
  CHECK(remarks_of(R"(, "cache_read_input_token_cost": 1.0000000000000001e-07)").find("rounded") !=
        std::string::npos);
  CHECK(remarks_of(R"(, "max_output_tokens": "many", "max_input_tokens": -5)").empty());
}

TEST_CASE("a model named twice counts only when both entries agree") {
  const std::string one = R"("m": {"input_cost_per_token": 1, "output_cost_per_token": 1})";
  const std::string other = R"("m": {"input_cost_per_token": 2, "output_cost_per_token": 1})";
  CHECK(read("{" + one + "," + one + "}").prices.size() == 1);
  const PriceFile file = read("{" + one + "," + other + "," + one + "}");
  CHECK(file.prices.empty());
  CHECK(file.skipped.at("named twice with different prices").size() == 1);
}

TEST_CASE("aliases are models too, unless the file names them") {
  const PriceFile file = read(R"({
    "a": {"input_cost_per_token": 1, "output_cost_per_token": 1, "aliases": ["a-1", "b", "x y"]},
    "b": {"input_cost_per_token": 2, "output_cost_per_token": 2}})");
  REQUIRE(file.prices.size() == 3);
  CHECK(file.prices[1].price.model == "a-1");
  CHECK(file.prices[2].price.input.picos == 2'000'000'000'000);
}

TEST_CASE("an alias that two models claim, or whose model is contradicted, has no price") {
  const PriceFile claimed = read(R"({
    "a": {"input_cost_per_token": 1, "output_cost_per_token": 1, "aliases": ["x", "same"]},
    "b": {"input_cost_per_token": 2, "output_cost_per_token": 2, "aliases": ["x"]},
    "c": {"input_cost_per_token": 1, "output_cost_per_token": 1, "aliases": ["same"]}})");
  REQUIRE(claimed.prices.size() == 4);
  CHECK(claimed.prices[3].price.model == "same");
  CHECK(claimed.skipped.at("named twice with different prices").size() == 1);
  const PriceFile contradicted = read(R"({
    "a": {"input_cost_per_token": 1, "output_cost_per_token": 1, "aliases": ["x"]},
    "a": {"input_cost_per_token": 2, "output_cost_per_token": 2}})");
  CHECK(contradicted.prices.empty());
}

TEST_CASE("patterns and a markup apply") {
  PriceFileOptions options;
  options.patterns = {"gpt-?", "o*mini"};
  options.markup = *parse_markup("20%");
  options.currency = "EUR";
  const PriceFile file = read(R"({
    "gpt-4": {"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
    "gpt-4o": {"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
    "openai/o1-mini": {"input_cost_per_token": 3e-12, "output_cost_per_token": 1e-06},
    "dall-e": {"output_cost_per_image": 1}})",
                              options);
  REQUIRE(file.prices.size() == 2);
  CHECK(file.models_left_out == 2);
  CHECK(file.skipped.empty());
  CHECK(file.prices[0].price.input.picos == 1'200'000);
  CHECK(file.prices[0].price.currency == "EUR");
  CHECK(file.prices[1].price.input.picos == 4);  // of 3.6
  CHECK(file.remarks.size() == 1);
  CHECK(matches_pattern("*", ""));
  CHECK(matches_pattern("a*b*c", "aXbYbZc"));
  CHECK_FALSE(matches_pattern("a*b*c", "aXbYbZ"));
  CHECK_FALSE(matches_pattern("?", ""));
  CHECK(matches_pattern(std::string(50, '*') + "b", std::string(5'000, 'a') + "b"));
}

TEST_CASE("our own list is read in both of its formats") {
  const PriceFile json = read(R"([{"id": 1, "model": "m", "currency": "cny", "per_tokens": 1000,
    "input": "0.0015", "cached_input": null, "output": 2, "per_request": "0.001",
    "max_output_tokens": 5, "effective_from": "2026-12-01", "removed": false, "state": "later"},
    {"model": "old", "input": "1", "output": "1", "state": "past"}])");
  REQUIRE(json.prices.size() == 1);
  const Price& price = json.prices[0].price;
  CHECK(price.currency == "CNY");
  CHECK(price.input.picos == 1'500'000);
  CHECK(price.output.picos == 2'000'000'000);
  CHECK(price.per_request == Money{1'000'000});
  CHECK(price.effective_from == Timestamp{1'796'083'200'000});
  CHECK(json.skipped.at("no longer in force").size() == 1);

  const PriceFile csv = read("model,input,output,cached_input\r\nm,2.50,10,\r\nn,1,2,0.5\r\n");
  REQUIRE(csv.prices.size() == 2);
  CHECK(csv.prices[0].price.input.picos == 2'500'000);
  CHECK_FALSE(csv.prices[0].price.cached_input);
  CHECK(csv.prices[1].price.cached_input == PicosPerToken{500'000});
}

TEST_CASE("of rows whose time has come the last alone counts") {
  PriceFileOptions options;
  options.now = {1'795'168'800'000};
  const PriceFile file = read(
      "model,input,output,effective_from\nm,1,1,2021-01-01\nm,2,2,2022-01-01\nm,3,3,2030-01-01\n"
      "n,4,4,2021-01-01\nn,5,5,\n",
      options);
  REQUIRE(file.prices.size() == 3);
  CHECK(file.prices[0].price.input.picos == 2'000'000);
  CHECK(file.prices[1].price.input.picos == 3'000'000);
  CHECK(file.prices[2].price.input.picos == 5'000'000);
  CHECK(file.skipped.at("no longer in force").size() == 2);
}

TEST_CASE("a fault in our own list refuses it, with the place") {
  CHECK(fault_of("model,input,output\nm,1\n").starts_with("line 2: 2 fields"));
  CHECK(fault_of("model,input,output\n\nm,x,1\n").starts_with("line 3: model \"m\": input: "));
  CHECK(fault_of("model,inptu,output\nm,1,1\n").find("did you mean \"input\"") !=
        std::string::npos);
  CHECK(fault_of(R"([{"model": "m", "input": 1}])").starts_with("entry 1: "));
  CHECK(fault_of(R"([{"model": "m", "input": -1, "output": 1}])").find("below zero") !=
        std::string::npos);
  CHECK(fault_of(R"([{"model": "m", "input": 1, "output": 1, "per_tokens": 7}])").find("1000") !=
        std::string::npos);
  CHECK(fault_of(R"([{"model": "m", "input": 1, "output": 1, "currency": "tokens"}])")
            .starts_with("entry 1: "));
  CHECK(fault_of(R"([{"model": "m", "input": [1], "output": 1}])").starts_with("entry 1: "));
  CHECK(fault_of(R"([{"model": "m", "input": 1, "output": 1, "removed": "perhaps"}])")
            .starts_with("entry 1: "));
  CHECK(fault_of("[1]").starts_with("entry 1: "));
  CHECK(fault_of("model,input,output\nm,1,1\nm,2,2\n").find("named twice") != std::string::npos);
  CHECK(fault_of("hello").find("no price list") != std::string::npos);
  CHECK(fault_of("").find("no price list") != std::string::npos);
  CHECK(fault_of("{\"a\": {").find("ends in the middle") != std::string::npos);
}

TEST_CASE("a line's row in force is the latest whose time has come") {
  Price price;
  price.model = "m";
  std::vector<Price> rows;
  for (const int64_t from : {10, 20, 20, 30}) {
    price.effective_from = {from};
    rows.push_back(price);
  }
  CHECK_FALSE(index_in_force(rows, {9}));
  CHECK(index_in_force(rows, {10}) == 0);
  CHECK(index_in_force(rows, {25}) == 2);
  CHECK(state_of(rows, 1, {25}) == PriceState::kPast);
  CHECK(state_of(rows, 2, {25}) == PriceState::kInForce);
  CHECK(state_of(rows, 3, {25}) == PriceState::kLater);
  CHECK(state_of(rows, 1, {15}) == PriceState::kReplaced);  // it will never hold

  const PriceList list(rows);
  CHECK(removal_of(list, "m", std::nullopt, {25}).size() == 2);  // the one set for later as well
  CHECK(removal_of(list, "m", "EUR", {25}).empty());
  CHECK(removal_of(list, "n", std::nullopt, {25}).empty());
}

TEST_CASE("changes are what differs in force, and unknown limits stay") {
  Price known;
  known.model = "m";
  known.input = {5};
  known.max_output_tokens = 100;
  Price wanted = known;
  wanted.max_output_tokens = 0;
  const PriceList list({known});
  CHECK(changes_to(list, {{wanted, true}}, {50}).unchanged == 1);
  CHECK(changes_to(list, {{wanted, false}}, {50}).changes.size() == 1);
  wanted.input = {6};
  const auto changed = changes_to(list, {{wanted, true}}, {50});
  REQUIRE(changed.changes.size() == 1);
  CHECK(changed.changes[0].before->input.picos == 5);
  CHECK(changed.changes[0].after.max_output_tokens == 100);
  CHECK(changed.changes[0].after.effective_from == Timestamp{});
  wanted.removed = true;
  wanted.model = "never priced";
  CHECK(changes_to(list, {{wanted, false}}, {50}).unchanged == 1);
}

}  // namespace chatgate
