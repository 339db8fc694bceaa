// What of a conversation a question takes along to the model: as much of the history as leaves room
// for the answer. Pure; any thread. Called by the doors that keep conversations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/message.h"
#include "common/result.h"
#include "common/tokenizer/chat_tokens.h"

namespace chatgate {

// How many tokens of the model a text is; of a long text no more need be counted than
// ContextLimits::tokens_max and one.
using TokenCounter = std::function<int64_t(std::string_view text)>;

struct ContextLimits {
  int64_t tokens_max = 4'096;       // of prompt and answer together
  int64_t answer_tokens_min = 600;  // of them kept free for the answer
};

struct PromptMessage {
  Role role = Role::kUser;
  std::string content;
  std::string name;  // empty: none
};

struct Prompt {
  std::vector<PromptMessage> messages;  // in the order in which they are sent
  int64_t tokens = 0;
  int64_t answer_tokens_max = 0;  // `max_tokens` of the request
};

// `system` (unless empty) and the question always; of `history`, newest first, the newest messages
// that fit, up to the first one that does not. kInvalidRequest, saying by how much, when system
// message and question alone leave less than `answer_tokens_min`.
Result<Prompt> build_prompt(std::string_view system, const std::vector<Message>& history,
                            PromptMessage question, const ContextLimits& limits,
                            const ChatFormat& format, const TokenCounter& count);
// The same by the model's own tokenizer and format, with work bounded by the limits.
Result<Prompt> build_prompt_for(std::string_view model, std::string_view system,
                                const std::vector<Message>& history, PromptMessage question,
                                const ContextLimits& limits);

// How much of a history can fit at all: what is beyond it need not be read.
struct ReadBounds {
  size_t messages_max = 0;
  size_t bytes_max = 0;
};
ReadBounds read_bounds_of(const ContextLimits& limits);

}  // namespace chatgate
