// What doors remember of their conversations, for their users alone. Two kinds: in the database,
// where a turn is committed together with the charge of its request, and in memory, where nothing
// that was said ever reaches a disk. A door calls find_history before its request and begin_turn;
// the pipeline hands the finished turn over at the settlement. All inside coroutines of any loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/domain/message.h"
#include "common/result.h"

namespace chatgate {

// What a question continues.
struct HistoryQuery {
  UserId user_id;
  std::string conversation_id;  // as the client names it; empty: the parent's, or a new one
  std::string parent_id;        // empty: the latest message of the conversation, if it names one
  // Of the messages before it no more than these are read, newest first. See read_bounds_of.
  size_t messages_max = 1'000;
  size_t bytes_max = size_t{1} << 20;
};
struct History {
  std::string conversation_id;    // a fresh one where nothing is continued
  std::string parent_id;          // empty where nothing is continued
  std::vector<Message> messages;  // the parent and those before it, newest first, none of them over
};

class Conversations {
 public:
  virtual ~Conversations() = default;

  // kNotFound, in one and the same sentence, for a conversation or message that is unknown, over
  // or another account's. What a settled turn before it has added is found, on any connection.
  virtual Result<History> find_history(const HistoryQuery& query) = 0;

  // What the settlement of the turn's request takes along (Settlement::turn): the turn, or nothing
  // when the books must not hold it.
  virtual std::shared_ptr<const Turn> for_books(const std::shared_ptr<const Turn>& turn) const = 0;

  // Once that settlement is durable, before the client is told the end of the answer.
  virtual void remember(const std::shared_ptr<const Turn>& turn) = 0;

  // Forgets what is over and is not in the database. Any thread, now and then.
  virtual void forget_expired() = 0;
};

// The question of a turn and its answer, empty so far: both have their ids, so that a stream can
// name them from its first piece on. `ttl_ms`: how long each lives from its making; 0: for ever.
std::shared_ptr<Turn> begin_turn(UserId user, const History& history, std::string question,
                                 std::string name, Timestamp now, int64_t ttl_ms);
// The answer is whole. REQUIRES: begin_turn made the turn.
void finish_turn(Turn& turn, std::string answer, std::string model, Timestamp now);
inline const Message& question_of(const Turn& turn) { return turn.messages.front(); }
inline const Message& answer_of(const Turn& turn) { return turn.messages.back(); }

}  // namespace chatgate
