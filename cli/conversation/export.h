#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct ConversationExportOptions {
  std::string id;    // or the beginning of one
  std::string user;  // or of all conversations of this account
  bool all = false;  // or of everybody's
};

// Every message with its parent's id, an object each.
Result<void> run_conversation_export(const ConversationExportOptions& options, Context& context);

}  // namespace chatgate
