#include "common/tokenizer/chat_tokens.h"

#include "common/tokenizer/model_encoding.h"

namespace chatgate {

ChatFormat chat_format_of(std::string_view model) {
  if (model == "gpt-3.5-turbo-0301") return {.per_message = 4, .per_name = -1};
  return {};
}

int64_t count_chat_tokens(std::string_view model, std::span<const ChatMessage> messages) {
  const Encoding& encoding = encoding_for(model);
  const ChatFormat format = chat_format_of(model);
  int64_t tokens = format.per_prompt;
  for (const ChatMessage& message : messages) {
    tokens += format.per_message + encoding.count(message.role) + encoding.count(message.content);
    if (!message.name.empty()) tokens += format.per_name + encoding.count(message.name);
  }
  return tokens;
}

}  // namespace chatgate
