// A past for the reports of the shell's verbs.
#pragma once

#include <catch2/catch_all.hpp>

#include "common/store/open_store.h"

namespace chatgate {

// One finished request of user 1 by token 1 in the books.
inline void book_request(Timestamp time, int64_t serial) {
  constexpr Money kCost{200'000};  // 100 tokens at 1 USD, 50 at 2 USD for a million
  auto store = open_store("chatgate.db", OpenMode::kExisting);
  REQUIRE(store);
  UsageRecord record;
  record.id = {(time.unix_ms << kRequestIdTimeShift) + serial};
  record.user_id = {1};
  record.token_id = {1};
  record.price_id = {1};
  record.model = "gpt-4o";
  record.endpoint = "/v1/chat/completions";
  record.http_status = 200;
  record.usage.prompt = 100;
  record.usage.completion = 50;
  record.cost = kCost;
  BookBatch batch;
  batch.opened.push_back({record.id, record.user_id, kCost});
  batch.settled.push_back({batch.opened.front(), record});
  const auto committed = (*store)->commit(batch);
  if (!committed) FAIL(committed.error().message);
}

}  // namespace chatgate
