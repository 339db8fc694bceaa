// What a model's tokens cost, and the one function that turns token counts into money.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/domain/ids.h"
#include "common/domain/money.h"

namespace chatgate {

// More than any one request can use. A larger figure from an upstream is not believed: cut it to
// this before it is charged; the books refuse it, so that no sum of theirs can overflow.
inline constexpr int64_t kTokenCountMax = 1'000'000'000;

// Token counts as OpenAI reports them: cached and audio tokens are inside `prompt`, reasoning and
// audio inside `completion`. All are >= 0.
struct TokenUsage {
  int64_t prompt = 0;
  int64_t cached_prompt = 0;
  int64_t audio_prompt = 0;
  int64_t completion = 0;
  int64_t reasoning_completion = 0;
  int64_t audio_completion = 0;

  int64_t total() const { return prompt + completion; }
  bool operator==(const TokenUsage&) const = default;
  // A sum that would leave 64 bits, which takes billions of the largest rows, stays at the end.
  TokenUsage& operator+=(const TokenUsage& other);
};

// One row of the price list. Rows are never edited: a later row takes over from `effective_from`.
struct Price {
  PriceId id;
  std::string model;
  std::string currency = "USD";
  PicosPerToken input;
  PicosPerToken output;
  std::optional<PicosPerToken> cached_input;  // absent: cached tokens cost `input`
  std::optional<PicosPerToken> reasoning;     // absent: `output`
  std::optional<PicosPerToken> audio_input;   // absent: `input`
  std::optional<PicosPerToken> audio_output;  // absent: `output`
  Money per_request;                          // added once to every charged request
  int64_t max_input_tokens = 0;               // the model's context window; 0: unknown
  int64_t max_output_tokens = 0;              // the most that one answer can hold; 0: unknown
  Timestamp effective_from;
  bool removed = false;  // the model is withdrawn from `effective_from` on
};

// Whether both rows say the same of what is charged and allowed, at whatever time and by whatever
// id.
bool has_same_terms(const Price& a, const Price& b);

// kInvalidArgument for a name that no model can have here: empty, longer than 256 bytes, or with
// white space or a `*`, which people would take for a pattern.
Result<void> check_model_name(std::string_view model);

// The exact cost in the account's unit, rounded once, half to even, to its smallest part.
// For a tokens account it is `usage.total()`. Each token is charged once: cached, audio and
// reasoning tokens at their own price and only the rest at the plain one; parts that exceed their
// whole are cut to it, in the order cached, audio. `rate` converts price.currency into the
// account's currency. REQUIRES: counts and prices >= 0. Empty when the result leaves 64 bits.
std::optional<Money> cost_of(const TokenUsage& usage, const Price& price, const Unit& unit,
                             ExchangeRate rate = {});

// The most that a request can cost that sends at most `prompt_tokens_max` and receives at most
// `completion_tokens_max`: each token at the dearest price of its side, rounded up.
std::optional<Money> cost_bound_of(int64_t prompt_tokens_max, int64_t completion_tokens_max,
                                   const Price& price, const Unit& unit, ExchangeRate rate = {});

}  // namespace chatgate
