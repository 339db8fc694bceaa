// How many tokens the prompt in a JSON body has, by the encoding of its model. Pure; any thread or
// coroutine; takes the time of a count (common/tokenizer), so never for every request.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/tokenizer/encoding.h"

namespace chatgate {

struct PromptTokens {
  // What it probably has: the texts of messages, prompts, inputs, instructions and tools, and for
  // each message what OpenAI adds to it (common/tokenizer/chat_tokens.h).
  int64_t likely = 0;
  // What it has at most: everything in the body that could be part of it, and for each member, item
  // and message more than any template adds. Nothing when the body has members whose part in the
  // prompt is not known.
  std::optional<int64_t> bound;
};

// REQUIRES: `body` went through read_json_body.
PromptTokens count_prompt(std::string_view body, const Encoding& encoding);

}  // namespace chatgate
