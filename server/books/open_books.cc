#include "server/books/open_books.h"

#include <sys/prctl.h>
#include <string_view>

#include "common/log/log.h"
#include "server/books/standing_accounts.h"
#include "server/conversation/database_conversations.h"
#include "server/conversation/memory_conversations.h"
#include "server/demo/demo_upstream.h"

namespace chatgate {
namespace {

constexpr std::string_view kDemoUser = "demo";
constexpr std::string_view kDemoBalance = "10";

}  // namespace

Result<void> Books::open(const Config& config, bool is_demo, std::unique_ptr<ServeLock> lock,
                         std::optional<int64_t> lane) {
  lock_ = std::move(lock);
  // The gateway whose place is taken still serves the database.
  auto store = open_store(config.db, lane ? OpenMode::kExisting : OpenMode::kServe);
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  if (lane) {
    request_ids.use_lane(*lane);
  } else if (auto swept = sweep(); !swept) {
    return swept;
  }
  auto last = store_->last_request_id();
  if (!last) return tl::unexpected(last.error());
  request_ids.continue_after(*last);
  if (is_demo) {
    if (auto prepared = prepare_demo(); !prepared) return prepared;
  }
  if (auto made = make_standing_accounts(*store_, config, clock_.now()); !made) return made;
  auto reading = open_store(config.db, OpenMode::kExisting);
  if (!reading) return tl::unexpected(reading.error());
  reader = std::make_unique<StoreReader>(std::move(*reading));
  writer = std::make_unique<BookWriter>(std::move(store_), ledger, directory);
  if (auto started = writer->start(); !started) return started;
  return open_conversations(config);
}

void Books::close() {
  sweeper_.reset();
  writer.reset();
  reader.reset();
}

Result<void> Books::sweep() {
  auto swept = store_->sweep_holds(clock_.now());
  if (!swept) return tl::unexpected(swept.error());
  if (*swept > 0) log::warn("interrupted_requests_swept", {{"count", *swept}});
  return {};
}

// Also in memory mode the database may hold messages, of a time before: their time ends as well.
Result<void> Books::open_conversations(const Config& config) {
  if (config.conversations == "memory") {
    conversations = std::make_unique<MemoryConversations>(clock_, MemoryBounds{});
    ::prctl(PR_SET_DUMPABLE, 0);  // a core file would be a copy of them on a disk
  } else {
    conversations = std::make_unique<DatabaseConversations>(*reader, clock_);
  }
  auto sweeping = open_store(config.db, OpenMode::kExisting);
  if (!sweeping) return tl::unexpected(sweeping.error());
  sweeper_ = std::make_unique<ConversationSweeper>(std::move(*sweeping), *conversations, clock_);
  return {};
}

// A user with some balance, a token and prices, so that the demo's first request can be sent.
Result<void> Books::prepare_demo() {
  if (auto known = store_->find_user(kDemoUser); known) return {};
  const auto now = clock_.now();
  User user;
  user.name = kDemoUser;
  user.note = "made for the built-in demo upstream";
  user.created_at = now;
  auto added = store_->add_user(user, parse_money(kDemoBalance, user.unit).value());
  if (!added) return tl::unexpected(added.error());
  for (const auto& price : demo_prices()) {
    if (auto booked = store_->add_price(price); !booked) return tl::unexpected(booked.error());
  }
  demo_token_ = generate_api_token();
  ApiToken token;
  token.user_id = added->id;
  token.hash = hash_of_token(demo_token_);
  token.prefix = prefix_of_token(demo_token_);
  token.name = "demo";
  token.created_at = now;
  if (auto kept = store_->add_token(token); !kept) return tl::unexpected(kept.error());
  return {};
}

}  // namespace chatgate
