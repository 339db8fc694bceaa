#include "server/conversation/database_conversations.h"

#include <utility>

#include "server/books/store_reader.h"

namespace chatgate {

Result<History> DatabaseConversations::find_history(const HistoryQuery& query) {
  if (query.conversation_id.empty() && query.parent_id.empty()) {
    return History{generate_uuid(), {}, {}};
  }
  const ChainQuery chain_query{query.user_id, query.conversation_id, query.parent_id,
                               clock_.now(),  query.messages_max,    query.bytes_max};
  Result<MessageChain> chain;
  reader_.run([&](Store& store) { chain = store.find_chain(chain_query); });
  return std::move(chain).map([](MessageChain&& found) {
    return History{std::move(found.conversation_id), std::move(found.message_id),
                   std::move(found.messages)};
  });
}

}  // namespace chatgate
