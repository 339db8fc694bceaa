#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

// What is given must all hold; nothing given is an error.
struct ConversationPurgeOptions {
  std::string id;  // or the beginning of one
  std::string user;
  std::string older_than;  // "7d"
  bool expired = false;
  bool all = false;
  bool yes = false;
};

// Asks first, but for what is over anyway. Prints how many messages and conversations are gone;
// kInterrupted when it was stopped before its end.
Result<void> run_conversation_purge(const ConversationPurgeOptions& options, Context& context);

}  // namespace chatgate
