// How many tokens a request may use at most, and how many it probably has used. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/tokenizer/encoding.h"
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

// Sharper ones, for a request that the ones above would refuse: the prompt counted in the tokens of
// its model. Nothing when its encoding or what becomes of its prompt is not known for certain, or
// when the body is too large to be counted while other requests wait.
std::optional<TokenBounds> counted_token_bounds_of(const Job& job);

// The likely size of the prompt, for limits: a quarter of the body's bytes, as English text has it;
// media do not count by their bytes. Never above the bound.
int64_t estimated_prompt_tokens(const Job& job);

// The encoding of the model that the upstream knows.
const Encoding& encoding_of(const Job& job);

// Counts the text in a whole answer that brings no usage, for estimated_usage.
void count_answer(Job& job, std::string_view answer);

// What an answer without a usage of its own has used: the tokens of the prompt and of the text that
// was seen of the answer, and one token for each other event with content. Of what is too large to
// be counted, four bytes are a token; the bytes of media tell nothing. Never above the bounds.
TokenUsage estimated_usage(const Job& job);

}  // namespace chatgate
