// Which encoding a model's tokens are counted in. Pure; any thread.
#pragma once

#include <string_view>

#include "common/tokenizer/encoding.h"

namespace chatgate {

// By the beginning of the name; a fine-tuned model (ft:gpt-4o:...) counts as its base, and what
// stands before a slash (openai/gpt-4o) does not matter. A name that is unknown gets o200k_base.
const Encoding& encoding_for(std::string_view model);

// Whether encoding_for knows the model: false where it only guesses.
bool has_known_encoding(std::string_view model);

}  // namespace chatgate
