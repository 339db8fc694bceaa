// How many tokens a request may use at most, and how many it probably has used. Pure; any thread.
#pragma once

#include <cstdint>

#include "server/pipeline/job.h"

namespace chatgate {

struct TokenBounds {
  int64_t prompt = 0;
  int64_t completion = 0;  // over all choices
};

// Upper bounds, for the hold. A text's tokens never outnumber its bytes, and what a chat template
// adds to a message is less than that message's own JSON; so the body's length bounds the prompt
// unless it refers to something else, when the model's context does.
TokenBounds token_bounds_of(const Job& job);

// The same of the prompt that a chat request of so many bytes bears.
int64_t prompt_bound_of_bytes(size_t body_bytes, const Price& price);

// The likely size of the prompt: a quarter of the body's bytes, as English text has it; media do
// not count by their bytes. Never above the bound.
int64_t estimated_prompt_tokens(const Job& job);

// What an answer without a usage of its own has used: the estimated prompt, and one token for each
// content event of a stream or for four bytes of another text; the bytes of media tell nothing.
// Never above the bounds.
TokenUsage estimated_usage(const Job& job);

}  // namespace chatgate
