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

 private:
  std::mt19937_64 random_{99};
  Database database_;
  std::unique_ptr<Store> store_;
  std::vector<User> users_;
  std::vector<ApiToken> tokens_;
  std::vector<Price> prices_;
  std::vector<UsageRecord> rows_;
};

// Zones whose clocks do not change in January.
struct FixedZone {
  const char* name;
  int64_t offset_ms;
};
constexpr FixedZone kZones[] = {
    {"UTC", 0}, {"Asia/Kolkata", 5 * kHourMs + kHourMs / 2}, {"America/New_York", -5 * kHourMs}};

// The name of the period of days around the first of 2026.
std::string period_of(Timestamp time, UsageDimension dimension, const FixedZone& zone) {
  const int64_t local_ms = time.unix_ms + zone.offset_ms;
  const int64_t day = local_ms / kDayMs - kFirstDayMs / kDayMs + 1;
  const int64_t hour = local_ms % kDayMs / kHourMs;
  const std::string date = day == 0 ? "2025-12-31" : "2026-01-0" + std::to_string(day);
  if (dimension == UsageDimension::kMonth) return date.substr(0, 7);
  if (dimension == UsageDimension::kWeek) return day < 5 ? "2026-W01" : "2026-W02";
  if (dimension == UsageDimension::kDay) return date;
  const std::string offset = zone.offset_ms == 0 ? "Z" : zone.offset_ms > 0 ? "+05:30" : "-05:00";
  return date + "T" + (hour < 10 ? "0" : "") + std::to_string(hour) + ":00:00" + offset;
}

// The report as anyone would write it who had all rows in a list.
template <class Traffic>
std::vector<UsageSummary> expected_lines(const Traffic& traffic, const UsageQuery& query,
                                         const FixedZone& zone) {
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
    for (const UsageDimension period : {UsageDimension::kMonth, UsageDimension::kWeek,
                                        UsageDimension::kDay, UsageDimension::kHour}) {
      if (is_grouped(period)) line.period = period_of(row.started_at(), period, zone);
    }
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
    for (int bit = 0; bit < 9; ++bit) {
      if (traffic.number(3) == 0) query.group_by.push_back(static_cast<UsageDimension>(bit));
    }
    const FixedZone& zone = kZones[traffic.number(3)];
    query.zone = must(TimeZone::find(zone.name));
    if (traffic.number(4) == 0) query.user = traffic.rows()[0].user_id;
    if (traffic.number(4) == 0) query.token = traffic.tokens()[1].id;
    if (traffic.number(4) == 0) query.model = traffic.number(5) == 0 ? "none" : "o3";
    const auto lines = must(traffic.store().summarize_usage(query));
    const auto expected = expected_lines(traffic, query, zone);
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

TEMPLATE_LIST_TEST_CASE("days of a zone are exact where its clocks change", "[contract]",
                        Databases) {
  TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", int64_t{1} << 40);
  const ApiToken token = add_token(*store, user);
  const Price price = add_simple_price(*store);
  // A request at each half hour of three weeks around 2026-10-25, when Berlin's clocks go back.
  const int64_t first_ms = 1'791'763'200'000;  // 2026-10-12T00:00:00Z
  BookBatch batch;
  for (int64_t i = 0; i < 21 * 48; ++i) {
    batch.settled.push_back(
        settlement(request_id(first_ms + i * kHourMs / 2, 0), token, price, 1, 0));
  }
  must(store->commit(batch));
  UsageQuery query;
  query.zone = must(TimeZone::find("Europe/Berlin"));
  query.from = {first_ms - 2 * kHourMs};  // midnight in Berlin
  query.until = {first_ms + 21 * kDayMs};
  query.group_by = {UsageDimension::kDay};
  std::map<std::string, int64_t> days;
  for (const UsageSummary& line : must(store->summarize_usage(query))) {
    days[line.period] = line.requests;
  }
  CHECK(days["2026-10-12"] == 44);  // the first rows come two hours after its midnight
  CHECK(days["2026-10-24"] == 48);
  CHECK(days["2026-10-25"] == 50);
  CHECK(days["2026-10-26"] == 48);
  CHECK(days["2026-11-02"] == 2);
  query.group_by = {UsageDimension::kWeek};
  const auto weeks = must(store->summarize_usage(query));
  REQUIRE(weeks.size() == 4);
  CHECK(weeks[0].requests == 7 * 48 - 4);
  CHECK(weeks[1].requests == 7 * 48 + 2);
  CHECK(weeks[2].requests == 7 * 48);
  CHECK(weeks[1].period == "2026-W43");
  CHECK(weeks[1].period_start.unix_ms == first_ms + 7 * kDayMs - 2 * kHourMs);
}

TEMPLATE_LIST_TEST_CASE("pages hold each row once, in order of time", "[contract]", Databases) {
  Traffic<TestType> traffic(600);
  for (int i = 0; i < 20; ++i) {
    UsageFilter filter;
    filter.from = {kFirstDayMs + traffic.number(2 * kDayMs)};
    filter.until = {filter.from.unix_ms + traffic.number(3 * kDayMs)};
    if (traffic.number(3) == 0) filter.user = traffic.rows()[0].user_id;
    if (traffic.number(3) == 0) filter.token = traffic.tokens()[1].id;
    if (traffic.number(3) == 0) filter.model = "o3";
    std::vector<RequestId> expected;
    for (const UsageRecord& row : traffic.rows()) {
      if (row.started_at() < filter.from || row.started_at() >= filter.until) continue;
      if (filter.user && *filter.user != row.user_id) continue;
      if (filter.token && *filter.token != row.token_id) continue;
      if (filter.model && *filter.model != row.model) continue;
      expected.push_back(row.id);
    }
    UsageCursor cursor;
    cursor.newest_first = i % 2 == 0;
    std::ranges::sort(expected);
    if (cursor.newest_first) std::ranges::reverse(expected);
    std::vector<RequestId> read;
    while (!cursor.is_at_end) {
      const auto page = must(traffic.store().next_usage(filter, cursor, 37));
      REQUIRE(page.size() <= 37);
      for (const UsageEntry& entry : page) read.push_back(entry.record.id);
    }
    REQUIRE(read == expected);
  }
}

TEMPLATE_LIST_TEST_CASE("an entry names what its row's numbers stand for", "[contract]",
                        Databases) {
  Traffic<TestType> traffic(40);
  UsageFilter filter{{0}, {INT64_MAX}, {}, {}, {}, {}};
  UsageCursor cursor;
  for (const UsageEntry& entry : must(traffic.store().next_usage(filter, cursor, 1'000))) {
    const UsageRecord& row = *std::ranges::find(traffic.rows(), entry.record.id, &UsageRecord::id);
    CHECK(entry.user == traffic.user_of(row).name);
    CHECK(entry.unit == traffic.user_of(row).unit);
    CHECK(entry.token == traffic.token_of(row).prefix);
    CHECK(entry.record.model == row.model);
    CHECK(entry.record.endpoint == row.endpoint);
    CHECK(entry.record.upstream == row.upstream);
    CHECK(entry.record.remote_id == row.remote_id);
    CHECK(entry.record.usage == row.usage);
    CHECK(entry.record.cost == row.cost);
    CHECK(entry.record.duration_ms == row.duration_ms);
  }
  filter.model = "none";
  cursor = {};
  CHECK(must(traffic.store().next_usage(filter, cursor, 1'000)).empty());
}

// Rows are booked when their requests end, so in any order of their ids.
TEMPLATE_LIST_TEST_CASE("a follower misses no row, however late it is booked", "[contract]",
                        Databases) {
  Traffic<TestType> traffic(40);
  UsageFilter filter{{kFirstDayMs}, {INT64_MAX}, {}, {}, {}, {}};
  UsageFilter of_token = filter;
  of_token.token = traffic.tokens()[1].id;
  UsageMarks marks;
  UsageMarks marks_of_token;
  CHECK(must(traffic.store().booked_usage(filter, marks)).empty());
  CHECK(must(traffic.store().booked_usage(of_token, marks_of_token)).empty());
  CHECK(must(traffic.store().booked_usage(filter, marks)).empty());
  for (int i = 0; i < 20; ++i) {
    const size_t before = traffic.rows().size();
    for (int64_t batch = traffic.number(3); batch >= 0; --batch) traffic.add_batch();
    std::vector<RequestId> expected;
    std::vector<RequestId> expected_of_token;
    for (size_t row = before; row < traffic.rows().size(); ++row) {
      expected.push_back(traffic.rows()[row].id);
      if (traffic.rows()[row].token_id == *of_token.token) {
        expected_of_token.push_back(traffic.rows()[row].id);
      }
    }
    std::ranges::sort(expected);
    std::ranges::sort(expected_of_token);
    const auto ids_of = [](const std::vector<UsageEntry>& entries) {
      std::vector<RequestId> ids;
      for (const UsageEntry& entry : entries) ids.push_back(entry.record.id);
      return ids;
    };
    REQUIRE(ids_of(must(traffic.store().booked_usage(filter, marks))) == expected);
    REQUIRE(ids_of(must(traffic.store().booked_usage(of_token, marks_of_token))) ==
            expected_of_token);
  }
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
