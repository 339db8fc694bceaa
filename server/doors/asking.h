// Questions to a conversation that is kept, whichever way they come: the door `ask` takes them over
// HTTP and answers when the answer is complete; transports that carry messages (WebSocket, gRPC)
// take them as messages and answer piece by piece. Called inside a request's coroutine.
#pragma once

#include <string>
#include <string_view>

#include "server/doors/caller.h"

namespace chatgate {

inline constexpr std::string_view kNewConversation = "new";

struct Question {
  std::string conversation_id;  // `new`: begins one
  std::string parent_id;        // empty or `new`: the latest message
  std::string prompt;
};

// `prompt` as it is asked: empty lines say nothing.
std::string without_empty_lines(std::string_view prompt);

// Answers with one JSON object, when the answer is complete.
void ask_for_object(const RouteParts& parts, const RoutedRequest& request, Caller caller,
                    Question question);

// Answers with pieces (transport/message_exchange.h): the deltas of the answer, then one message
// `<|end|>$CONVERSATION$PARENT`. Finds out itself who asks.
void ask_for_messages(const RouteParts& parts, const RoutedRequest& request, Question question);

}  // namespace chatgate
