// A past for the reports of the shell's verbs.
#pragma once

#include <catch2/catch_all.hpp>

#include "common/store/open_store.h"

namespace chatgate {

// One finished request of a user by the token of the same number: `count` times 100 tokens at 1 USD
// and 50 at 2 USD for a million.
inline void book_request(Timestamp time, int64_t serial, int64_t user = 1, int64_t count = 1,
                         const std::string& model = "gpt-4o") {
  const Money cost{200'000 * count};

  auto store = open_store("chatgate.db", OpenMode::kExisting);
  REQUIRE(store);
  UsageRecord record;
  record.id = {(time.unix_ms << kRequestIdTimeShift) + serial};
  record.user_id = {user};
  record.token_id = {user};
  record.price_id = {1};
  record.model = model;
  record.endpoint = "/v1/chat/completions";
  record.http_status = 200;
  record.usage.prompt = 100 * count;
  record.usage.completion = 50 * count;
  record.cost = cost;
  BookBatch batch;
  batch.opened.push_back({record.id, record.user_id, cost});
  batch.settled.push_back({batch.opened.front(), record});
  const auto committed = (*store)->commit(batch);
  if (!committed) FAIL(committed.error().message);
}

}  // namespace chatgate
