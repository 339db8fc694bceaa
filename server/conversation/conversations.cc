#include "server/conversation/conversations.h"

#include <cassert>
#include <utility>

namespace chatgate {

std::shared_ptr<Turn> begin_turn(UserId user, const History& history, std::string question,
                                 std::string name, Timestamp now, int64_t ttl_ms) {
  Message asked;
  asked.id = generate_uuid();
  asked.conversation_id = history.conversation_id;
  asked.parent_id = history.parent_id;
  asked.role = Role::kUser;
  asked.name = std::move(name);
  asked.content = std::move(question);
  asked.created_at = now;
  if (ttl_ms > 0) asked.expires_at = Timestamp{now.unix_ms + ttl_ms};
  Message answer;
  answer.id = generate_uuid();
  answer.conversation_id = history.conversation_id;
  answer.parent_id = asked.id;
  answer.role = Role::kAssistant;
  answer.created_at = now;
  answer.expires_at = asked.expires_at;
  auto turn = std::make_shared<Turn>();
  turn->user_id = user;
  turn->conversation_id = history.conversation_id;
  turn->messages.push_back(std::move(asked));
  turn->messages.push_back(std::move(answer));
  return turn;
}

// The question lives on as long as its answer, or the answer would be found without it.
void finish_turn(Turn& turn, std::string answer, std::string model, Timestamp now) {
  assert(turn.messages.size() == 2);
  Message& question = turn.messages.front();
  Message& answered = turn.messages.back();
  if (question.expires_at) {
    const int64_t ttl_ms = question.expires_at->unix_ms - question.created_at.unix_ms;
    answered.expires_at = Timestamp{now.unix_ms + ttl_ms};
    question.expires_at = answered.expires_at;
  }
  answered.content = std::move(answer);
  answered.model = std::move(model);
  answered.created_at = now;
}

}  // namespace chatgate
