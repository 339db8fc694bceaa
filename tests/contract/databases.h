// The stores that the contract is tested on, and short ways to fill one. A new store joins by a
// type of its own in `Databases`: default-made with an empty database, `open()` gives one more
// connection.
#pragma once

#include <catch2/catch_all.hpp>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/store/store.h"
#include "tests/support/temp_store.h"

namespace chatgate {

class SqliteDatabase {
 public:
  std::unique_ptr<Store> open() const { return must(open_store(url(), OpenMode::kCreate)); }
  std::string url() const { return "sqlite:" + folder_.file("books.db"); }

 private:
  TempDir folder_;
};

using Databases = std::tuple<SqliteDatabase>;

inline constexpr int64_t kNoonMs = 1'767'268'800'000;  // 2026-01-01T12:00:00Z

inline RequestId request_id(int64_t unix_ms, int64_t serial) {
  return {(unix_ms << kRequestIdTimeShift) + serial};
}

inline User add_user(Store& store, const std::string& name, int64_t opening_nanos,
                     bool unmetered = false, const std::string& unit = "USD") {
  User user;
  user.name = name;
  user.unit = {unit};
  user.unmetered = unmetered;
  user.created_at = {kNoonMs};
  return must(store.add_user(user, {opening_nanos}));
}

inline ApiToken add_token(Store& store, const User& user) {
  const std::string text = generate_api_token();
  ApiToken token;
  token.user_id = user.id;
  token.hash = hash_of_token(text);
  token.prefix = prefix_of_token(text);
  token.created_at = {kNoonMs};
  return must(store.add_token(token));
}

// One nano-unit per prompt token, two per completion token.
inline Price add_simple_price(Store& store, const std::string& model = "gpt") {
  Price price;
  price.model = model;
  price.input = {1'000};
  price.output = {2'000};
  return must(store.add_price(price));
}

// A completed request that costs prompt + 2 * completion.
inline Settlement settlement(RequestId id, const ApiToken& token, const Price& price,
                             int64_t prompt, int64_t completion) {
  UsageRecord record;
  record.id = id;
  record.user_id = token.user_id;
  record.token_id = token.id;
  record.price_id = price.id;
  record.model = price.model;
  record.endpoint = "/v1/chat/completions";
  record.upstream = "main";
  record.remote_id = "chatcmpl-1";
  record.http_status = 200;
  record.usage.prompt = prompt;
  record.usage.completion = completion;
  record.cost = *cost_of(record.usage, price, Unit{});
  record.duration_ms = 321;
  return {{id, token.user_id, record.cost}, record};
}

// All rows of a token that began in [from, until), oldest first.
inline std::vector<UsageRecord> usage_of_token(Store& store, TokenId token, Timestamp from,
                                               Timestamp until) {
  return must(store.find_usage(must(store.list_requests_of_token(token, from, until, 1'000'000))));
}

inline std::string in_words(const std::vector<Discrepancy>& discrepancies) {
  std::string text;
  for (const Discrepancy& each : discrepancies) text += each.invariant + ": " + each.detail + "\n";
  return text;
}

// Empty when the books are in order.
inline std::string faults_of(Store& store) { return in_words(must(store.verify_books({}))); }

}  // namespace chatgate
