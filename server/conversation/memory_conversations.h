// Conversations in memory alone, for those who want nothing that was said on a disk. Bounded: the
// oldest turns make room for new ones, first those of the account that fills its share. A stop of
// the gateway forgets all. See conversations.h; every function may be called on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "server/conversation/conversations.h"

namespace chatgate {

struct MemoryBounds {
  size_t bytes_max = size_t{256} << 20;  // of all turns, with what keeping them takes
  size_t bytes_per_user_max = size_t{16} << 20;
};

class MemoryConversations final : public Conversations {
 public:
  MemoryConversations(const Clock& clock, const MemoryBounds& bounds)
      : clock_(clock), bounds_(bounds) {}

  Result<History> find_history(const HistoryQuery& query) override;
  std::shared_ptr<const Turn> for_books(const std::shared_ptr<const Turn>&) const override {
    return nullptr;
  }
  void remember(const std::shared_ptr<const Turn>& turn) override;
  void forget_expired() override;

  size_t bytes() const;
  size_t turns() const;

 private:
  using TurnPtr = std::shared_ptr<const Turn>;
  using Number = uint64_t;  // of a turn, in the order of adding
  struct Place {            // of a message
    Number number = 0;
    size_t index = 0;
  };
  struct Account {
    size_t bytes = 0;
    std::set<Number> numbers;
  };
  // A message and what keeps it alive; null for none.
  using MessagePtr = std::shared_ptr<const Message>;

  MessagePtr find_own(UserId user, const std::string& message_id, Timestamp now) const;
  MessagePtr find_latest(UserId user, const std::string& conversation_id, Timestamp now) const;
  void forget(Number number);
  void make_room(UserId user);

  const Clock& clock_;
  const MemoryBounds bounds_;
  mutable std::mutex mutex_;
  Number last_number_ = 0;
  size_t bytes_ = 0;
  std::map<Number, TurnPtr> turns_;
  std::unordered_map<std::string, Place> by_id_;
  std::unordered_map<std::string, std::set<Number>> by_conversation_;
  std::unordered_map<UserId, Account> accounts_;
  std::set<std::pair<int64_t, Number>> by_expiry_;
};

}  // namespace chatgate
