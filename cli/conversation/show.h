#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct ConversationShowOptions {
  std::string id;  // or the beginning of one
};

Result<void> run_conversation_show(const ConversationShowOptions& options, Context& context);

}  // namespace chatgate
