#include "common/tokenizer/chat_tokens.h"

#include "common/tokenizer/model_encoding.h"

namespace chatgate {
namespace {

constexpr int64_t kAnswerTokens = 3;  // <|start|>assistant<|message|>

struct Overhead {
  int64_t message = 3;
  int64_t name = 1;
};

Overhead overhead_of(std::string_view model) {
  if (model == "gpt-3.5-turbo-0301") return {.message = 4, .name = -1};
  return {};
}

}  // namespace

int64_t count_chat_tokens(std::string_view model, std::span<const ChatMessage> messages) {
  const Encoding& encoding = encoding_for(model);
  const Overhead overhead = overhead_of(model);
  int64_t tokens = kAnswerTokens;
  for (const ChatMessage& message : messages) {
    tokens += overhead.message + encoding.count(message.role) + encoding.count(message.content);
    if (!message.name.empty()) tokens += overhead.name + encoding.count(message.name);
  }
  return tokens;
}

}  // namespace chatgate
