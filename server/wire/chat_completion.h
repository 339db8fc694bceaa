// A chat completion as doors of other dialects need it: its text and the names around it, read out
// of a whole answer or put together from the chunks of a stream
// (platform.openai.com/docs/api-reference/chat). Plain values; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

// Of several choices the first.
struct ChatCompletion {
  std::string id;
  std::string model;
  std::string text;           // a refusal's words too
  std::string finish_reason;  // empty while it is not known
};

// kUpstreamBroken for what is no chat completion.
Result<ChatCompletion> read_chat_completion(std::string_view json);

// One chunk of a stream: adds what it says to `completion` and returns the text that it adds.
// Nothing for what is no chunk of a chat completion.
std::optional<std::string> add_chat_chunk(std::string_view json, ChatCompletion& completion);

// What an upstream's failure means to a client that does not speak OpenAI's language: its words
// where they are about the request, others where they are about the gateway's own account.
// `has_own_key`: the request bore the caller's own upstream key.
Error error_of_upstream(int status, std::string_view body, bool has_own_key);

}  // namespace chatgate
