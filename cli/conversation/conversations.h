// What the verbs about conversations share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/output.h"
#include "common/result.h"
#include "common/store/store.h"

namespace chatgate {

// Columns of messages and a row of them, as `conversation show` and `export` print them.
std::vector<Column> columns_of_messages();
std::vector<Cell> row_of_message(const Message& message, const std::string& user);

// Visits each message of a conversation after its parent, a page at a time; `visit` says whether to
// go on.
Result<void> for_each_message(Store& store, const std::string& conversation_id, Timestamp now,
                              const std::function<bool(const Message&)>& visit);
// The same for conversations, all of them or one account's, in order of their beginning.
Result<void> for_each_conversation(
    Store& store, std::optional<UserId> user, Timestamp now,
    const std::function<Result<void>(const ConversationSummary&)>& visit);

// "1 message", "2 messages".
std::string counted(int64_t count, const std::string& noun);

}  // namespace chatgate
