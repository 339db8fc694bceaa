#include "server/conversation/context.h"

#include <algorithm>
#include <utility>

#include "common/tokenizer/model_encoding.h"

namespace chatgate {
namespace {

// What is longer than so many times a budget cannot fit, and is refused without being counted.
constexpr auto kBytesPerToken = static_cast<int64_t>(kTokenBytesMax);
// A role and nothing else, with what the format adds.
constexpr int64_t kMessageTokensMin = 4;
// What is read of a history at most, whatever the budget: other requests wait for their turn.
constexpr int64_t kMessagesReadMax = 10'000;
constexpr int64_t kBytesReadMax = 8 << 20;

int64_t budget_of(const ContextLimits& limits) {
  return std::max<int64_t>(limits.tokens_max - limits.answer_tokens_min, 0);
}

class Counting {
 public:
  Counting(const ChatFormat& format, const TokenCounter& count) : format_(format), count_(count) {}

  // Some number above `budget` for whatever is not within it.
  int64_t tokens_of(Role role, std::string_view content, std::string_view name,
                    int64_t budget) const {
    const auto bytes = static_cast<int64_t>(content.size());
    if (bytes / kBytesPerToken > budget) return bytes / kBytesPerToken;
    int64_t tokens = format_.per_message + count_(name_of(role)) + count_(content);
    if (!name.empty()) tokens += format_.per_name + count_(name);
    return tokens;
  }

 private:
  const ChatFormat& format_;
  const TokenCounter& count_;
};

tl::unexpected<Error> too_long(int64_t tokens, const ContextLimits& limits) {
  return fail(ErrorCode::kInvalidRequest, "this question is too long: it takes " +
                                              std::to_string(tokens) + " tokens or more of " +
                                              std::to_string(limits.tokens_max) + ", of which " +
                                              std::to_string(limits.answer_tokens_min) +
                                              " are kept for the answer: ask for less at once");
}

}  // namespace

Result<Prompt> build_prompt(std::string_view system, const std::vector<Message>& history,
                            PromptMessage question, const ContextLimits& limits,
                            const ChatFormat& format, const TokenCounter& count) {
  const Counting counting(format, count);
  const int64_t budget = budget_of(limits);
  Prompt prompt;
  prompt.tokens = format.per_prompt;
  if (!system.empty()) {
    prompt.tokens += counting.tokens_of(Role::kSystem, system, "", budget);
  }
  prompt.tokens += counting.tokens_of(question.role, question.content, question.name, budget);
  if (prompt.tokens > budget) return too_long(prompt.tokens, limits);

  size_t taken = 0;
  for (const Message& message : history) {
    const int64_t room = budget - prompt.tokens;
    const int64_t tokens = counting.tokens_of(message.role, message.content, message.name, room);
    if (tokens > room) break;
    prompt.tokens += tokens;
    ++taken;
  }
  prompt.messages.reserve(taken + 2);
  if (!system.empty()) prompt.messages.push_back({Role::kSystem, std::string(system), {}});
  for (size_t i = taken; i > 0; --i) {
    const Message& message = history[i - 1];
    prompt.messages.push_back({message.role, message.content, message.name});
  }
  prompt.messages.push_back(std::move(question));
  prompt.answer_tokens_max = limits.tokens_max - prompt.tokens;
  return prompt;
}

Result<Prompt> build_prompt_for(std::string_view model, std::string_view system,
                                const std::vector<Message>& history, PromptMessage question,
                                const ContextLimits& limits) {
  const auto& encoding = encoding_for(model);
  const auto count = [&](std::string_view text) {
    return encoding.count_up_to(text, limits.tokens_max + 1);
  };
  return build_prompt(system, history, std::move(question), limits, chat_format_of(model), count);
}

ReadBounds read_bounds_of(const ContextLimits& limits) {
  const int64_t budget = budget_of(limits);
  return {static_cast<size_t>(std::min(budget / kMessageTokensMin, kMessagesReadMax)),
          static_cast<size_t>(std::min(budget * kBytesPerToken, kBytesReadMax))};
}

}  // namespace chatgate
