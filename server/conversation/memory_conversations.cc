#include "server/conversation/memory_conversations.h"

#include <algorithm>
#include <cassert>

#include "common/store/conversation_query.h"

namespace chatgate {
namespace {

// What a turn and a message take beside what was said: their entries in the maps.
constexpr size_t kTurnOverheadBytes = 512;
constexpr size_t kMessageOverheadBytes = 512;

size_t size_of(const Turn& turn) {
  size_t bytes = kTurnOverheadBytes;
  for (const auto& message : turn.messages) {
    bytes +=
        message.content.size() + message.name.size() + message.model.size() + kMessageOverheadBytes;
  }
  return bytes;
}

// When the last of its messages is over; none: never.
std::optional<int64_t> end_of(const Turn& turn) {
  int64_t end = 0;
  for (const auto& message : turn.messages) {
    if (!message.expires_at) return std::nullopt;
    end = std::max(end, message.expires_at->unix_ms);
  }
  return end;
}

}  // namespace

Result<History> MemoryConversations::find_history(const HistoryQuery& query) {
  if (query.conversation_id.empty() && query.parent_id.empty()) {
    return History{generate_uuid(), {}, {}};
  }
  const Timestamp now = clock_.now();
  std::vector<MessagePtr> chain;  // copied once the lock is free again
  History history;
  {
    const std::lock_guard lock(mutex_);
    auto message = query.parent_id.empty() ? find_latest(query.user_id, query.conversation_id, now)
                                           : find_own(query.user_id, query.parent_id, now);
    const bool is_elsewhere = message != nullptr && !query.conversation_id.empty() &&
                              message->conversation_id != query.conversation_id;
    if (message == nullptr || is_elsewhere) {
      return fail(ErrorCode::kNotFound, std::string(kNoSuchMessage));
    }
    history.conversation_id = message->conversation_id;
    history.parent_id = message->id;
    for (size_t bytes = 0; message != nullptr && chain.size() < query.messages_max;) {
      bytes += message->content.size();
      if (bytes > query.bytes_max || message->conversation_id != history.conversation_id) break;
      chain.push_back(message);
      message = find_own(query.user_id, chain.back()->parent_id, now);
    }
  }
  history.messages.reserve(chain.size());
  for (const auto& message : chain) history.messages.push_back(*message);
  return history;
}

MemoryConversations::MessagePtr MemoryConversations::find_own(UserId user,
                                                              const std::string& message_id,
                                                              Timestamp now) const {
  const auto place = by_id_.find(message_id);
  if (place == by_id_.end()) return nullptr;
  const auto& turn = turns_.at(place->second.number);
  const auto& message = turn->messages[place->second.index];
  if (turn->user_id != user || message.is_expired(now)) return nullptr;
  return {turn, &message};
}

MemoryConversations::MessagePtr MemoryConversations::find_latest(UserId user,
                                                                 const std::string& conversation_id,
                                                                 Timestamp now) const {
  const auto known = by_conversation_.find(conversation_id);
  if (known == by_conversation_.end()) return nullptr;
  for (auto number = known->second.rbegin(); number != known->second.rend(); ++number) {
    const auto message = find_own(user, turns_.at(*number)->messages.back().id, now);
    if (message != nullptr) return message;
  }
  return nullptr;
}

void MemoryConversations::remember(const TurnPtr& turn) {
  if (turn == nullptr || turn->messages.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto& messages = turn->messages;
  const bool is_known = std::any_of(messages.begin(), messages.end(), [&](const auto& message) {
    return by_id_.find(message.id) != by_id_.end();
  });
  if (is_known) return;
  const Number number = ++last_number_;
  turns_.emplace(number, turn);
  for (size_t i = 0; i < messages.size(); ++i) by_id_.emplace(messages[i].id, Place{number, i});
  by_conversation_[turn->conversation_id].insert(number);
  if (const auto end = end_of(*turn)) by_expiry_.emplace(*end, number);
  auto& account = accounts_[turn->user_id];
  account.numbers.insert(number);
  account.bytes += size_of(*turn);
  bytes_ += size_of(*turn);
  make_room(turn->user_id);
}

// An account that fills its share loses its own oldest turns, not those of others.
void MemoryConversations::make_room(UserId user) {
  auto account = accounts_.find(user);
  while (account != accounts_.end() && account->second.bytes > bounds_.bytes_per_user_max) {
    forget(*account->second.numbers.begin());
    account = accounts_.find(user);
  }
  while (bytes_ > bounds_.bytes_max) forget(turns_.begin()->first);
}

void MemoryConversations::forget(Number number) {
  const auto node = turns_.extract(number);
  assert(!node.empty());
  const Turn& turn = *node.mapped();
  for (const auto& message : turn.messages) by_id_.erase(message.id);
  if (const auto end = end_of(turn)) by_expiry_.erase({*end, number});
  const auto conversation = by_conversation_.find(turn.conversation_id);
  conversation->second.erase(number);
  if (conversation->second.empty()) by_conversation_.erase(conversation);
  const auto account = accounts_.find(turn.user_id);
  account->second.numbers.erase(number);
  account->second.bytes -= size_of(turn);
  if (account->second.numbers.empty()) accounts_.erase(account);
  bytes_ -= size_of(turn);
}

void MemoryConversations::forget_expired() {
  constexpr int kAtOnce = 1'000;  // in between the lock is free
  const int64_t now_ms = clock_.now().unix_ms;
  for (bool is_done = false; !is_done;) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < kAtOnce && !is_done; ++i) {
      is_done = by_expiry_.empty() || by_expiry_.begin()->first > now_ms;
      if (!is_done) forget(by_expiry_.begin()->second);
    }
  }
}

size_t MemoryConversations::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

size_t MemoryConversations::turns() const {
  const std::lock_guard lock(mutex_);
  return turns_.size();
}

}  // namespace chatgate
