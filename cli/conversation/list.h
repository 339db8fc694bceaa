#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct ConversationListOptions {
  std::string user;  // empty: everybody's
};

Result<void> run_conversation_list(const ConversationListOptions& options, Context& context);

}  // namespace chatgate
