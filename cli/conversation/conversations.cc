#include "cli/conversation/conversations.h"

namespace chatgate {
namespace {

// Read in one transaction and held in memory.
constexpr size_t kPageMessages = 100;
constexpr size_t kPageConversations = 500;

Cell text_or_null(const std::string& text) { return text.empty() ? empty_cell() : text_cell(text); }

}  // namespace

std::vector<Column> columns_of_messages() {
  return {{"conversation_id", ""}, {"user", ""},           {"id", "ID"},
          {"parent_id", "PARENT"}, {"role", "ROLE"},       {"name", ""},
          {"model", "MODEL"},      {"created_at", "TIME"}, {"expires_at", "EXPIRES"},
          {"content", "CONTENT"}};
}

std::vector<Cell> row_of_message(const Message& message, const std::string& user) {
  return {text_cell(message.conversation_id),
          text_cell(user),
          text_cell(message.id),
          text_or_null(message.parent_id),
          text_cell(name_of(message.role)),
          text_or_null(message.name),
          text_or_null(message.model),
          time_cell(message.created_at),
          time_cell(message.expires_at),
          text_cell(message.content)};
}

Result<void> for_each_message(Store& store, const std::string& conversation_id, Timestamp now,
                              const std::function<bool(const Message&)>& visit) {
  ConversationCursor cursor;
  while (!cursor.is_at_end) {
    const auto page = store.next_messages(conversation_id, now, cursor, kPageMessages);
    if (!page) return tl::unexpected(page.error());
    for (const auto& message : *page) {
      if (!visit(message)) return {};
    }
  }
  return {};
}

Result<void> for_each_conversation(
    Store& store, std::optional<UserId> user, Timestamp now,
    const std::function<Result<void>(const ConversationSummary&)>& visit) {
  ConversationCursor cursor;
  while (!cursor.is_at_end) {
    const auto page = store.next_conversations(user, now, cursor, kPageConversations);
    if (!page) return tl::unexpected(page.error());
    for (const auto& summary : *page) {
      if (auto visited = visit(summary); !visited) return visited;
    }
  }
  return {};
}

std::string counted(int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace chatgate
