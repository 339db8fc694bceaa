// Turns of conversations, made short.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/domain/message.h"

namespace chatgate {

struct TurnText {
  std::string question;
  std::string answer;
};

// Question and answer, made at `at`; over at `until`, if that is given.
inline std::shared_ptr<Turn> make_turn(UserId user, const std::string& conversation_id,
                                       const std::string& parent_id, TurnText text, Timestamp at,
                                       std::optional<Timestamp> until = {}) {
  auto turn = std::make_shared<Turn>();
  turn->user_id = user;
  turn->conversation_id = conversation_id;
  const std::string question_id = generate_uuid();
  turn->messages = {{question_id, conversation_id, parent_id, Role::kUser, "", "",
                     std::move(text.question), at, until},
                    {generate_uuid(), conversation_id, question_id, Role::kAssistant, "", "gpt",
                     std::move(text.answer), at, until}};
  return turn;
}
inline const std::string& last_id(const Turn& turn) { return turn.messages.back().id; }

// "a4 q4 a3 q3": what a chain says, newest first.
template <class Messages>
std::string contents_of(const Messages& messages) {
  std::string text;
  for (const auto& message : messages) text += (text.empty() ? "" : " ") + message.content;
  return text;
}

}  // namespace chatgate
