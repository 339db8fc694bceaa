// Conversations in the database. See conversations.h.
#pragma once

#include "server/conversation/conversations.h"

namespace chatgate {

class StoreReader;

class DatabaseConversations final : public Conversations {
 public:
  DatabaseConversations(StoreReader& reader, const Clock& clock) : reader_(reader), clock_(clock) {}

  Result<History> find_history(const HistoryQuery& query) override;
  std::shared_ptr<const Turn> for_books(const std::shared_ptr<const Turn>& turn) const override {
    return turn;
  }
  void remember(const std::shared_ptr<const Turn>&) override {}
  void forget_expired() override {}

 private:
  StoreReader& reader_;
  const Clock& clock_;
};

}  // namespace chatgate
