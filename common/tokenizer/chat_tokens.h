// Counts the prompt of a chat as OpenAI charges it. Pure; any thread or coroutine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace chatgate {

struct ChatMessage {
  std::string_view role, content;
  std::string_view name = {};  // empty: none
};

// What a model's chat format adds to the texts of each message, to each speaker's name and, for the
// beginning of the answer, to the whole prompt, in tokens.
struct ChatFormat {
  int64_t per_message = 3;
  int64_t per_name = 1;
  int64_t per_prompt = 3;  // <|start|>assistant<|message|>
};
ChatFormat chat_format_of(std::string_view model);

// By OpenAI's published rules (https://cookbook.openai.com, "How to count tokens with tiktoken"):
// the tokens of every role, content and name, 3 for each message, 1 for each name, and 3 that begin
// the answer; gpt-3.5-turbo-0301 takes 4 for a message, and a name saves one. Tools and media are
// not counted. The encoding is encoding_for(model).
int64_t count_chat_tokens(std::string_view model, std::span<const ChatMessage> messages);

}  // namespace chatgate
