#include "server/metrics/book_metrics.h"

#include <catch2/catch_all.hpp>
#include <limits>

#include "server/metrics/door_names.h"

namespace chatgate {
namespace {

Settlement settlement_of(const std::string& model, int64_t cost, const std::string& unit = "USD") {
  UsageRecord record;
  record.model = model;
  record.price_id = {model.empty() ? 0 : 1};
  record.usage.prompt = 10;
  record.usage.cached_prompt = 4;
  record.usage.completion = 5;
  record.usage.reasoning_completion = 2;
  record.cost = {cost};
  return {{}, record, nullptr, "v1", Unit{unit}};
}

void book(BookMetrics& metrics, const Settlement& settlement) {
  metrics.count_booked({&settlement});
}

bool knows_nothing(std::string_view) { return false; }

TEST_CASE("what is booked counts by model, outcome and unit", "[metrics]") {
  BookMetrics metrics(knows_nothing);
  book(metrics, settlement_of("a", 7));
  book(metrics, settlement_of("a", 8));
  book(metrics, settlement_of("a", 100, "tokens"));
  auto failed = settlement_of("b", 0);
  failed.usage->status = UsageStatus::kFailed;
  failed.usage->estimated = true;
  book(metrics, failed);
  const auto booked = metrics.read();
  REQUIRE(booked.models == std::vector<std::string>{"none", "other", "a", "b"});
  const size_t v1 = door_index("v1");
  CHECK(booked.requests.at({v1, 2, UsageStatus::kCompleted}) == 3);
  CHECK(booked.requests.at({v1, 3, UsageStatus::kFailed}) == 1);
  CHECK(booked.tokens[2].prompt == 30);
  CHECK(booked.tokens[2].cached_prompt == 12);
  CHECK(booked.tokens[2].completion == 15);
  CHECK(booked.tokens[2].reasoning_completion == 6);
  CHECK(booked.costs.at({2, "USD"}).charged.nanos == 15);
  CHECK(booked.costs.at({2, "tokens"}).charged.nanos == 100);
  CHECK(booked.costs.count({3, "USD"}) == 0);
  CHECK(booked.estimated == 1);
}

TEST_CASE("a name that only a client knows is no label", "[metrics]") {
  BookMetrics metrics([](std::string_view model) { return model == "priced"; });
  for (const std::string model : {"made up", "priced", ""}) {
    auto settlement = settlement_of(model, 0);
    settlement.usage->price_id = {0};  // a caller's own upstream key pays
    book(metrics, settlement);
  }
  const auto booked = metrics.read();
  CHECK(booked.models == std::vector<std::string>{"none", "other", "priced"});
  CHECK(booked.requests.size() == 3);
}

TEST_CASE("models beyond the bound share a label", "[metrics]") {
  BookMetrics metrics(knows_nothing);
  for (int i = 0; i < 1000; ++i) book(metrics, settlement_of("m" + std::to_string(i), 1));
  book(metrics, settlement_of("m0", 1));
  const auto booked = metrics.read();
  CHECK(booked.models.size() == BookMetrics::kModelsMax + 2);
  CHECK(booked.costs.at({1, "USD"}).charged.nanos == 1000 - int64_t{BookMetrics::kModelsMax});
  CHECK(booked.costs.at({2, "USD"}).charged.nanos == 2);
}

TEST_CASE("sums of costs stop at the greatest amount", "[metrics]") {
  BookMetrics metrics(knows_nothing);
  const int64_t most = std::numeric_limits<int64_t>::max();
  book(metrics, settlement_of("a", most));
  book(metrics, settlement_of("a", 1));
  CHECK(metrics.read().costs.at({2, "USD"}).charged.nanos == most);
}

}  // namespace
}  // namespace chatgate
