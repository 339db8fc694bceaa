// What a store is asked about conversations, and what it answers. Plain values; see store.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/domain/message.h"

namespace chatgate {

// A message and those before it, by their parents.
struct ChainQuery {
  UserId user_id;               // whose conversation it must be
  std::string conversation_id;  // empty: whichever the message is of
  std::string message_id;       // empty: the latest of the conversation
  Timestamp now;
  size_t messages_max = 1'000;
  size_t bytes_max = size_t{1} << 20;  // of their contents, together
};
struct MessageChain {
  std::string conversation_id;
  std::string message_id;         // where it begins
  std::vector<Message> messages;  // newest first, as far as the bounds let them in: perhaps none
};

// Why there is no chain, whatever the cause: nobody may learn which ids exist.
inline constexpr std::string_view kNoSuchMessage =
    "there is no such message in your conversations, or its time is over: begin a new conversation";

// Which messages; all that is given must hold.
struct MessageFilter {
  std::optional<UserId> user_id = {};
  std::optional<std::string> conversation_id = {};
  std::optional<Timestamp> created_before = {};
  std::optional<Timestamp> expired_by = {};
};
struct MessageCounts {
  int64_t messages = 0;
  int64_t conversations = 0;  // when purged: those of which nothing is left
  bool stopped = false;       // the report asked for it: there are more
};

// A conversation as far as its messages are not over.
struct ConversationSummary {
  std::string id;
  UserId user_id;
  std::string user;
  Timestamp created_at;
  Timestamp used_at;                    // when its latest message was made
  std::optional<Timestamp> expires_at;  // when its last message is over; none: never
  int64_t messages = 0;
  int64_t bytes = 0;  // of their contents
};

// How far a reader of conversations, or of one's messages, has come. It starts as it is made here.
struct ConversationCursor {
  int64_t last_read = 0;
  bool is_at_end = false;
};

}  // namespace chatgate
