// Messages deleted for good, in small transactions like those of prune.cc, with pauses in between
// that leave the write lock to a gateway. Which messages are next is read before such a transaction
// begins, so that a search through many others holds no lock.
//
// What is deleted is overwritten (PRAGMA secure_delete), also in pages that become free, which
// other deletions can do without. The log keeps older copies of its pages until it is emptied, or
// written anew from its beginning.

#include <chrono>
#include <set>
#include <thread>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

// A filter's values; what is not given is NULL and holds for all.
#define CHATGATE_FILTER                                                          \
  " (?2 IS NULL OR user_id = ?2) AND (?3 IS NULL OR conversations.id = ?3) AND " \
  "(?4 IS NULL OR messages.created_at < ?4) AND (?5 IS NULL OR expires_at <= ?5)"
// CROSS JOIN keeps SQLite to this order of the tables.
#define CHATGATE_BY_CONVERSATION \
  " FROM conversations CROSS JOIN messages ON conversation = conversations.number WHERE "
#define CHATGATE_OF_ALL                                                                   \
  " FROM messages CROSS JOIN conversations ON conversations.number = conversation WHERE " \
  "messages.number > ?1 AND" CHATGATE_FILTER
#define CHATGATE_OF_USER CHATGATE_BY_CONVERSATION "user_id = ?2 AND ?1 = 0 AND" CHATGATE_FILTER
#define CHATGATE_OF_CONVERSATION \
  CHATGATE_BY_CONVERSATION "conversations.id = ?3 AND ?1 = 0 AND" CHATGATE_FILTER
#define CHATGATE_NEXT(of) \
  "SELECT messages.id, messages.number" of " ORDER BY messages.number LIMIT ?6"
#define CHATGATE_COUNT(of) "SELECT count(*), count(DISTINCT conversation)" of " LIMIT ?6"

// One for each way to find messages quickly. ?1 is the number of the last one read; only in a scan
// of all messages it moves on, elsewhere what was read is gone by then.
struct Statements {
  const char* next;
  const char* count;
};
constexpr Statements kOfAll{CHATGATE_NEXT(CHATGATE_OF_ALL), CHATGATE_COUNT(CHATGATE_OF_ALL)};
constexpr Statements kOfUser{CHATGATE_NEXT(CHATGATE_OF_USER), CHATGATE_COUNT(CHATGATE_OF_USER)};
constexpr Statements kOfConversation{CHATGATE_NEXT(CHATGATE_OF_CONVERSATION),
                                     CHATGATE_COUNT(CHATGATE_OF_CONVERSATION)};

#undef CHATGATE_COUNT
#undef CHATGATE_NEXT
#undef CHATGATE_OF_CONVERSATION
#undef CHATGATE_OF_USER
#undef CHATGATE_OF_ALL
#undef CHATGATE_BY_CONVERSATION
#undef CHATGATE_FILTER

constexpr const char* kNextExpired =
    "SELECT id FROM messages WHERE expires_at IS NOT NULL AND expires_at <= ? "
    "ORDER BY expires_at LIMIT ?";
constexpr const char* kDeleteMessage = "DELETE FROM messages WHERE id = ? RETURNING conversation";
constexpr const char* kDeleteEmptyConversation =
    "DELETE FROM conversations WHERE number = ?1 "
    "AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation = ?1)";
constexpr const char* kOverwrite = "PRAGMA secure_delete = ON";
constexpr const char* kOverwriteOnTheWay = "PRAGMA secure_delete = FAST";

constexpr int64_t kRowsPerTransaction = 500;
constexpr auto kPauseMin = std::chrono::milliseconds(2);
constexpr auto kPauseMax = std::chrono::milliseconds(200);

// While it lives, what this connection deletes is overwritten.
class Overwriting {
 public:
  explicit Overwriting(Connection& connection) : connection_(connection) {
    connection_.single_integer(kOverwrite);
  }
  ~Overwriting() {
    try {
      connection_.single_integer(kOverwriteOnTheWay);
    } catch (const SQLite::Exception&) {  // NOLINT: overwriting more than needed does no harm
    }
  }
  Overwriting(const Overwriting&) = delete;
  Overwriting& operator=(const Overwriting&) = delete;

 private:
  Connection& connection_;
};

void bind_filter(Query& query, int64_t after, const MessageFilter& filter, int64_t limit) {
  const auto of = [](const std::optional<Timestamp>& time) {
    return time ? std::optional(time->unix_ms) : std::nullopt;
  };
  const auto user = filter.user_id ? std::optional(filter.user_id->value) : std::nullopt;
  query.bind(after, user, filter.conversation_id, of(filter.created_before), of(filter.expired_by),
             limit);
}

const Statements& statements_for(const MessageFilter& filter) {
  if (filter.conversation_id) return kOfConversation;
  return filter.user_id ? kOfUser : kOfAll;
}

// Within a write transaction.
void delete_messages(Connection& connection, const std::vector<std::string>& ids,
                     MessageCounts& purged) {
  std::set<int64_t> conversations;
  for (const std::string& id : ids) {
    Query deleted = connection.query(kDeleteMessage, id);
    if (!deleted.step()) continue;  // another process was faster
    conversations.insert(deleted.integer(0));
    ++purged.messages;
  }
  for (const int64_t number : conversations) {
    purged.conversations += connection.query(kDeleteEmptyConversation, number).run();
  }
}

}  // namespace

Result<MessageCounts> SqliteStore::count_messages(const MessageFilter& filter) {
  return connection_->read([&]() -> Result<MessageCounts> {
    Query count = connection_->query(statements_for(filter).count);
    bind_filter(count, 0, filter, 1);
    count.step();
    return MessageCounts{count.integer(0), count.integer(1)};
  });
}

Result<MessageCounts> SqliteStore::purge_messages(const MessageFilter& filter,
                                                  const ProgressReport& report) {
  using std::chrono::steady_clock;
  const auto expected = count_messages(filter);
  if (!expected) return expected;
  return connection_->guard([&]() -> Result<MessageCounts> {
    Connection& connection = *connection_;
    const Overwriting overwriting(connection);
    const Statements& statements = statements_for(filter);
    MessageCounts purged;
    int64_t after = 0;
    for (;;) {
      purged.stopped = !tell(report, purged.messages, std::max<int64_t>(expected->messages, 1));
      if (purged.stopped) return purged;
      const auto begun = steady_clock::now();
      std::vector<std::string> ids;
      Query next = connection.query(statements.next);
      bind_filter(next, after, filter, kRowsPerTransaction);
      while (next.step()) {
        ids.push_back(next.text(0));
        if (&statements == &kOfAll) after = next.integer(1);
      }
      next.reset();
      if (ids.empty()) {
        if (purged.messages > 0) connection.empty_log();
        return purged;
      }
      auto deleted = connection.write([&]() -> Result<void> {
        delete_messages(connection, ids, purged);
        return {};
      });
      if (!deleted) return tl::unexpected<Error>(deleted.error());
      std::this_thread::sleep_for(
          std::clamp<steady_clock::duration>(steady_clock::now() - begun, kPauseMin, kPauseMax));
    }
  });
}

Result<MessageCounts> SqliteStore::purge_expired(Timestamp now, size_t rows_max) {
  return connection_->guard([&]() -> Result<MessageCounts> {
    Connection& connection = *connection_;
    std::vector<std::string> ids;
    Query next = connection.query(kNextExpired, now.unix_ms, static_cast<int64_t>(rows_max));
    while (next.step()) ids.push_back(next.text(0));
    next.reset();
    MessageCounts purged;
    if (ids.empty()) return purged;
    const Overwriting overwriting(connection);
    auto deleted = connection.write([&]() -> Result<void> {
      delete_messages(connection, ids, purged);
      return {};
    });
    if (!deleted) return tl::unexpected<Error>(deleted.error());
    return purged;
  });
}

}  // namespace chatgate::sqlite
