// Conversations: turns as the gateway commits them, chains as it reads them back, whole trees for
// people. A message whose time is over is gone for all of these, whether it was purged or not.

#include <algorithm>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

// An archived account's content is purged, and nothing may come after.
constexpr const char* kInsertConversation =
    "INSERT INTO conversations (id, user_id, created_at) SELECT ?1, id, ?3 FROM users "
    "WHERE id = ?2 AND archived_at IS NULL ON CONFLICT (id) DO NOTHING";
constexpr const char* kSelectNumberOfOwn =
    "SELECT conversations.number FROM conversations JOIN users ON users.id = user_id "
    "WHERE conversations.id = ? AND user_id = ? AND archived_at IS NULL";
constexpr const char* kInsertMessage =
    "INSERT INTO messages (id, conversation, parent_id, role, name, model, created_at, expires_at, "
    "content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";

#define CHATGATE_LIVES(now) "(expires_at IS NULL OR expires_at > " now ")"
#define CHATGATE_MESSAGE_COLUMNS                                                       \
  "messages.id, conversations.id, parent_id, role, name, model, messages.created_at, " \
  "expires_at, content"
#define CHATGATE_MESSAGES "messages JOIN conversations ON conversations.number = conversation"

constexpr const char* kSelectOwnMessage =
    "SELECT " CHATGATE_MESSAGE_COLUMNS " FROM " CHATGATE_MESSAGES
    " WHERE messages.id = ?1 AND user_id = ?2 AND " CHATGATE_LIVES("?3");
constexpr const char* kSelectLatestId =
    "SELECT messages.id FROM conversations JOIN messages ON conversation = conversations.number "
    "WHERE conversations.id = ?1 AND user_id = ?2 AND " CHATGATE_LIVES(
        "?3") " ORDER BY messages.number DESC LIMIT 1";
constexpr const char* kSelectNextMessages =
    "SELECT " CHATGATE_MESSAGE_COLUMNS ", messages.number FROM " CHATGATE_MESSAGES
    " WHERE conversations.id = ?1 AND messages.number > ?2 AND " CHATGATE_LIVES(
        "?3") " ORDER BY messages.number LIMIT ?4";

#define CHATGATE_SUMMARY(chosen)                                                               \
  "SELECT chosen.number, chosen.id, user_id, users.name, chosen.created_at, "                  \
  "count(messages.number), max(messages.created_at), max(coalesce(expires_at, "                \
  "9223372036854775807)), coalesce(sum(length(CAST(content AS BLOB))), 0) FROM (" chosen       \
  ") AS chosen JOIN users ON users.id = user_id LEFT JOIN messages ON conversation = "         \
  "chosen.number AND (expires_at IS NULL OR expires_at > ?1) GROUP BY chosen.number ORDER BY " \
  "chosen.number"
#define CHATGATE_CHOSEN "SELECT number, id, user_id, created_at FROM conversations WHERE "

constexpr const char* kSummarizeNext =
    CHATGATE_SUMMARY(CHATGATE_CHOSEN "number > ?2 ORDER BY number LIMIT ?3");
constexpr const char* kSummarizeNextOfUser =
    CHATGATE_SUMMARY(CHATGATE_CHOSEN "number > ?2 AND user_id = ?4 ORDER BY number LIMIT ?3");
// The ids from a text on, and before the text with one greatest character: a span of the index.
constexpr const char* kSummarizeByBeginning =
    CHATGATE_SUMMARY(CHATGATE_CHOSEN "id >= ?2 AND id < ?2 || char(0x10ffff) LIMIT ?3");

#undef CHATGATE_CHOSEN
#undef CHATGATE_SUMMARY
#undef CHATGATE_MESSAGES
#undef CHATGATE_MESSAGE_COLUMNS
#undef CHATGATE_LIVES

// Of the conversations that begin so, as many are looked at; nobody types so short a beginning.
constexpr int64_t kBeginningsMax = 1'000;

Message read_message(const Query& row) {
  Message message;
  message.id = row.text(0);
  message.conversation_id = row.text(1);
  message.parent_id = row.text(2);
  message.role = parse_role(row.text(3)).value_or(Role::kUser);
  message.name = row.text(4);
  message.model = row.text(5);
  message.created_at = {row.integer(6)};
  if (const auto expires = row.optional_integer(7)) message.expires_at = Timestamp{*expires};
  message.content = row.text(8);
  return message;
}

ConversationSummary read_summary(const Query& row) {
  ConversationSummary summary;
  summary.id = row.text(1);
  summary.user_id = {row.integer(2)};
  summary.user = row.text(3);
  summary.created_at = {row.integer(4)};
  summary.messages = row.integer(5);
  summary.used_at = {row.integer(6)};
  if (row.integer(7) != INT64_MAX) summary.expires_at = Timestamp{row.integer(7)};
  summary.bytes = row.integer(8);
  return summary;
}

tl::unexpected<Error> no_message() {
  return fail(ErrorCode::kNotFound, std::string(kNoSuchMessage));
}

tl::unexpected<Error> no_conversation(std::string_view id) {
  return fail(ErrorCode::kNotFound, "there is no conversation " + in_quotes(id) +
                                        ", or its time is over: see `chatgate conversation list`");
}

std::optional<int64_t> milliseconds_of(const std::optional<Timestamp>& time) {
  return time ? std::optional(time->unix_ms) : std::nullopt;
}

void write_turn(Connection& connection, const Turn& turn) {
  if (turn.messages.empty()) return;
  const int64_t user = turn.user_id.value;
  connection
      .query(kInsertConversation, turn.conversation_id, user,
             turn.messages.front().created_at.unix_ms)
      .run();
  Query own = connection.query(kSelectNumberOfOwn, turn.conversation_id, user);
  if (!own.step()) return;
  const int64_t conversation = own.integer(0);
  own.reset();
  for (const Message& message : turn.messages) {
    Query insert = connection.query(kInsertMessage);
    insert.bind(message.id, conversation, message.parent_id, name_of(message.role), message.name,
                message.model, message.created_at.unix_ms, milliseconds_of(message.expires_at),
                Borrowed{message.content});
    insert.run();
  }
}

}  // namespace

void SqliteStore::write_turns(const BookBatch& batch, const std::vector<const UsageRecord*>& rows) {
  std::vector<const UsageRecord*> booked;  // in order of address, once a turn asks for it
  for (const Settlement& settlement : batch.settled) {
    if (!settlement.turn || !settlement.usage) continue;
    if (booked.empty()) {
      booked = rows;
      std::ranges::sort(booked, std::less<>());
    }
    const bool is_booked = std::ranges::binary_search(booked, &*settlement.usage, std::less<>());
    if (is_booked) write_turn(*connection_, *settlement.turn);
  }
}

Result<MessageChain> SqliteStore::find_chain(const ChainQuery& query) {
  return connection_->read([&]() -> Result<MessageChain> {
    Connection& connection = *connection_;
    const int64_t user = query.user_id.value;
    const int64_t now = query.now.unix_ms;
    MessageChain chain{query.conversation_id, query.message_id, {}};
    if (query.message_id.empty()) {
      Query latest = connection.query(kSelectLatestId, query.conversation_id, user, now);
      if (!latest.step()) return no_message();
      chain.message_id = latest.text(0);
    }
    size_t bytes = 0;
    std::string id = chain.message_id;
    for (bool is_first = true; !id.empty(); is_first = false) {
      Query row = connection.query(kSelectOwnMessage, id, user, now);
      const bool is_there =
          row.step() && (chain.conversation_id.empty() || row.text(1) == chain.conversation_id);
      if (!is_there && is_first) return no_message();
      if (!is_there) break;
      Message message = read_message(row);
      chain.conversation_id = message.conversation_id;
      bytes += message.content.size();
      if (chain.messages.size() == query.messages_max || bytes > query.bytes_max) break;
      id = message.parent_id;
      chain.messages.push_back(std::move(message));
    }
    return chain;
  });
}

Result<std::vector<ConversationSummary>> SqliteStore::next_conversations(std::optional<UserId> user,
                                                                         Timestamp now,
                                                                         ConversationCursor& cursor,
                                                                         size_t rows_max) {
  return connection_->read([&]() -> Result<std::vector<ConversationSummary>> {
    const auto limit = static_cast<int64_t>(rows_max);
    Query row = user ? connection_->query(kSummarizeNextOfUser, now.unix_ms, cursor.last_read,
                                          limit, user->value)
                     : connection_->query(kSummarizeNext, now.unix_ms, cursor.last_read, limit);
    std::vector<ConversationSummary> summaries;
    size_t rows = 0;
    for (; row.step(); ++rows) {
      cursor.last_read = row.integer(0);
      if (row.integer(5) > 0) summaries.push_back(read_summary(row));
    }
    cursor.is_at_end = rows < rows_max;
    return summaries;
  });
}

Result<ConversationSummary> SqliteStore::find_conversation(std::string_view id_or_beginning,
                                                           Timestamp now) {
  if (id_or_beginning.empty()) return no_conversation(id_or_beginning);
  return connection_->read([&]() -> Result<ConversationSummary> {
    Query row =
        connection_->query(kSummarizeByBeginning, now.unix_ms, id_or_beginning, kBeginningsMax);
    std::optional<ConversationSummary> found;
    while (row.step()) {
      if (row.integer(5) == 0) continue;
      ConversationSummary summary = read_summary(row);
      if (summary.id == id_or_beginning) return summary;
      if (found) {
        return fail(ErrorCode::kInvalidArgument, "several conversations begin with " +
                                                     in_quotes(id_or_beginning) +
                                                     ": give more of the id");
      }
      found = std::move(summary);
    }
    if (!found) return no_conversation(id_or_beginning);
    return *std::move(found);
  });
}

Result<std::vector<Message>> SqliteStore::next_messages(const std::string& conversation_id,
                                                        Timestamp now, ConversationCursor& cursor,
                                                        size_t rows_max) {
  return connection_->read([&]() -> Result<std::vector<Message>> {
    Query row = connection_->query(kSelectNextMessages, conversation_id, cursor.last_read,
                                   now.unix_ms, static_cast<int64_t>(rows_max));
    std::vector<Message> messages;
    while (row.step()) {
      messages.push_back(read_message(row));
      cursor.last_read = row.integer(9);
    }
    cursor.is_at_end = messages.size() < rows_max;
    return messages;
  });
}

}  // namespace chatgate::sqlite
