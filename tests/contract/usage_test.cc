#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "tests/contract/databases.h"

namespace chatgate {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kFirstDayMs = kNoonMs - kDayMs / 2;  // 2026-01-01T00:00:00Z

// Some weeks of random traffic, in the store and in a plain list.
template <class Database>
class Traffic {
 public:
  explicit Traffic(int rows) : store_(database_.open()) {
    users_ = {add_user(*store_, "ann", int64_t{1} << 40), add_user(*store_, "bob", 0, true),
              add_user(*store_, "tok", int64_t{1} << 40, false, "tokens")};
    for (const User& user : users_) {
      for (int i = 0; i < 2; ++i) tokens_.push_back(add_token(*store_, user));
    }
    prices_ = {add_simple_price(*store_, "gpt"), add_simple_price(*store_, "o3")};
    while (static_cast<int>(rows_.size()) < rows) add_batch();
  }

  Store& store() { return *store_; }
  const std::vector<UsageRecord>& rows() const { return rows_; }
  const std::vector<ApiToken>& tokens() const { return tokens_; }
  int64_t number(int64_t below) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(below));
  }

  const User& user_of(const UsageRecord& row) const {
    return *std::ranges::find(users_, row.user_id, &User::id);
  }
  const ApiToken& token_of(const UsageRecord& row) const {
    return *std::ranges::find(tokens_, row.token_id, &ApiToken::id);
  }

 private:
  void add_batch() {
    BookBatch batch;
    for (int i = 0; i < 40; ++i) {
      const ApiToken& token = tokens_[static_cast<size_t>(number(6))];
      const Price& price = prices_[static_cast<size_t>(number(2))];
      const RequestId id = request_id(kFirstDayMs + number(5 * kDayMs), number(1 << 20));
      Settlement sale = settlement(id, token, price, number(100), number(100));
      sale.usage->status = static_cast<UsageStatus>(number(3));
      sale.usage->endpoint = number(2) == 0 ? "/v1/responses" : "/v1/chat/completions";
      sale.usage->usage.cached_prompt = number(10);
      rows_.push_back(*sale.usage);
      batch.settled.push_back(std::move(sale));
    }
    must(store_->commit(batch));
  }

  std::mt19937_64 random_{99};
  Database database_;
  std::unique_ptr<Store> store_;
  std::vector<User> users_;
  std::vector<ApiToken> tokens_;
  std::vector<Price> prices_;
  std::vector<UsageRecord> rows_;
};

std::string hour_of(Timestamp time, bool whole_day) {
  const int64_t day = (time.unix_ms - kFirstDayMs) / kDayMs + 1;
  const std::string date = "2026-01-0" + std::to_string(day);
  const int64_t hour = time.unix_ms % kDayMs / kHourMs;
  if (whole_day) return date;
  return date + "T" + (hour < 10 ? "0" : "") + std::to_string(hour) + ":00:00Z";
}

// The report as anyone would write it who had all rows in a list.
template <class Traffic>
std::vector<UsageSummary> expected_lines(const Traffic& traffic, const UsageQuery& query) {
  const auto is_grouped = [&](UsageDimension dimension) {
    return std::ranges::count(query.group_by, dimension) > 0;
  };
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string,
                         std::string, std::string>;
  std::map<Key, UsageSummary> lines;
  for (const UsageRecord& row : traffic.rows()) {
    if (row.started_at() < query.from || row.started_at() >= query.until) continue;
    if (query.user && *query.user != row.user_id) continue;
    if (query.token && *query.token != row.token_id) continue;
    if (query.model && *query.model != row.model) continue;
    UsageSummary line;
    if (is_grouped(UsageDimension::kUser)) line.user = traffic.user_of(row).name;
    if (is_grouped(UsageDimension::kToken)) line.token = traffic.token_of(row).prefix;
    if (is_grouped(UsageDimension::kModel)) line.model = row.model;
    if (is_grouped(UsageDimension::kHour))
      line.period = hour_of(row.started_at(), false);
    else if (is_grouped(UsageDimension::kDay))
      line.period = hour_of(row.started_at(), true);
    if (is_grouped(UsageDimension::kEndpoint)) line.endpoint = row.endpoint;
    if (is_grouped(UsageDimension::kStatus)) line.status = name_of(row.status);
    line.unit = traffic.user_of(row).unit;
    UsageSummary& sum = lines
                            .emplace(Key{line.period, line.user, line.token, line.model,
                                         line.endpoint, line.status, line.unit.code},
                                     line)
                            .first->second;
    ++sum.requests;
    sum.usage += row.usage;
    sum.cost = sum.cost + row.cost;
    sum.written_off = sum.written_off + row.written_off;
  }
  std::vector<UsageSummary> result;
  for (auto& [key, line] : lines) result.push_back(line);
  return result;
}

auto fields_of(const UsageSummary& line) {
  return std::tuple(line.period, line.user, line.token, line.model, line.endpoint, line.status,
                    line.unit.code, line.requests, line.usage.prompt, line.usage.cached_prompt,
                    line.usage.completion, line.cost, line.written_off);
}

TEMPLATE_LIST_TEST_CASE("reports equal sums over a plain list", "[contract]", Databases) {
  Traffic<TestType> traffic(1'200);
  for (int i = 0; i < 150; ++i) {
    UsageQuery query;
    // On the edges of days, within them, and beyond what there is.
    const int64_t step = i % 2 == 0 ? kDayMs : 1'234'567;
    query.from = {kFirstDayMs + (traffic.number(7 * kDayMs) - kDayMs) / step * step};
    query.until = {query.from.unix_ms + traffic.number(6 * kDayMs) / step * step};
    for (int bit = 0; bit < 7; ++bit) {
      if (traffic.number(3) == 0) query.group_by.push_back(static_cast<UsageDimension>(bit));
    }
    if (traffic.number(4) == 0) query.user = traffic.rows()[0].user_id;
    if (traffic.number(4) == 0) query.token = traffic.tokens()[1].id;
    if (traffic.number(4) == 0) query.model = traffic.number(5) == 0 ? "none" : "o3";
    const auto lines = must(traffic.store().summarize_usage(query));
    const auto expected = expected_lines(traffic, query);
    REQUIRE(lines.size() == expected.size());
    for (size_t line = 0; line < lines.size(); ++line) {
      REQUIRE(fields_of(lines[line]) == fields_of(expected[line]));
    }
  }
}

TEMPLATE_LIST_TEST_CASE("a token's rows are listed oldest first", "[contract]", Databases) {
  Traffic<TestType> traffic(600);
  for (const ApiToken& token : traffic.tokens()) {
    const Timestamp from{kFirstDayMs + traffic.number(2 * kDayMs)};
    const Timestamp until{from.unix_ms + traffic.number(3 * kDayMs)};
    std::vector<RequestId> expected;
    for (const UsageRecord& row : traffic.rows()) {
      if (row.token_id != token.id) continue;
      if (row.started_at() >= from && row.started_at() < until) expected.push_back(row.id);
    }
    std::ranges::sort(expected);
    std::vector<RequestId> listed;
    for (const UsageRecord& row : usage_of_token(traffic.store(), token.id, from, until)) {
      listed.push_back(row.id);
    }
    REQUIRE(listed == expected);
    for (const size_t count_max : {size_t{0}, size_t{1}, size_t{7}, expected.size()}) {
      const auto latest =
          must(traffic.store().list_requests_of_token(token.id, from, until, count_max));
      REQUIRE(latest.size() == std::min(count_max, expected.size()));
      CHECK(std::ranges::equal(latest, std::span(expected).last(latest.size())));
    }
  }
  CHECK(usage_of_token(traffic.store(), {99}, {0}, {kNoonMs * 2}).empty());
}

TEMPLATE_LIST_TEST_CASE("absurd times give empty reports", "[contract]", Databases) {
  Traffic<TestType> traffic(40);
  for (const auto& [from, until] :
       {std::pair{INT64_MIN, int64_t{0}}, std::pair{INT64_MAX, INT64_MIN},
        std::pair{INT64_MAX - 1, INT64_MAX}}) {
    UsageQuery query;
    query.from = {from};
    query.until = {until};
    CHECK(must(traffic.store().summarize_usage(query)).empty());
    const TokenId token = traffic.tokens()[0].id;
    CHECK(usage_of_token(traffic.store(), token, {from}, {until}).empty());
  }
  UsageQuery all;
  all.from = {INT64_MIN};
  all.until = {INT64_MAX};
  const auto lines = must(traffic.store().summarize_usage(all));
  int64_t requests = 0;
  for (const UsageSummary& line : lines) requests += line.requests;
  CHECK(requests == 40);
}

}  // namespace
}  // namespace chatgate
