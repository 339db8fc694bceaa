#include "server/pipeline/estimate.h"

#include <algorithm>
#include <string_view>

#include "common/tokenizer/model_encoding.h"
#include "server/upstream/generated_text.h"
#include "server/wire/prompt_tokens.h"

namespace chatgate {
namespace {

constexpr int64_t kBytesPerToken = 4;
constexpr int64_t kPromptSlackTokens = 64;           // the template around the whole conversation
constexpr int64_t kMediaPromptTokensGuessed = 2048;  // where bytes say nothing
constexpr size_t kCountedBodyBytesMax = 65536;       // a few milliseconds
constexpr int64_t kTokenBoundMax = int64_t{1} << 40;

bool begins_with(std::string_view path, std::string_view beginning) {
  return path.substr(0, beginning.size()) == beginning;
}

bool answers_with_tokens(std::string_view path) {
  return !begins_with(path, "/embeddings") && !begins_with(path, "/moderations");
}

// A limit counts only where the upstream knows it: elsewhere it would be ignored there and only
// make the hold too small.
int64_t max_output_tokens_of(const Job& job) {
  const std::string_view path = job.route.upstream_path;
  if (begins_with(path, "/chat/completions") || begins_with(path, "/completions")) {
    return job.facts.max_chat_tokens;
  }
  return begins_with(path, "/responses") ? job.facts.max_response_tokens : 0;
}

bool answers_with_text(const Job& job) {
  const std::string_view path = job.route.upstream_path;
  return job.answer_kind == AnswerKind::kText || begins_with(path, "/chat/completions") ||
         begins_with(path, "/completions") || begins_with(path, "/responses");
}

int64_t bounded_product(int64_t a, int64_t b) {
  return a > kTokenBoundMax / std::max<int64_t>(b, 1) ? kTokenBoundMax : a * b;
}

bool can_count_prompt(const Job& job) {
  return job.facts.object_end > 0 && job.facts.prompt_bounded_by_body &&
         job.body.size() <= kCountedBodyBytesMax;
}

std::string_view upstream_model_of(const Job& job) {
  const auto& aliases = job.runtime->config.model_aliases;
  const auto alias = aliases.find(job.facts.model);
  return alias == aliases.end() ? std::string_view(job.facts.model) : alias->second;
}

}  // namespace

const Encoding& encoding_of(const Job& job) { return encoding_for(upstream_model_of(job)); }

TokenBounds token_bounds_of(const Job& job) {
  const auto& config = job.runtime->config;
  const auto& price = *job.price.price;
  TokenBounds bounds;
  const auto body_bytes = static_cast<int64_t>(job.body.size());
  if (job.facts.prompt_bounded_by_body) {
    bounds.prompt = body_bytes + kPromptSlackTokens;
    if (price.max_input_tokens > 0) {  // each prompt of a batch may fill the model's context
      const int64_t contexts = bounded_product(price.max_input_tokens, job.facts.prompts);
      bounds.prompt = std::min(bounds.prompt, contexts);
    }
  } else {
    bounds.prompt =
        price.max_input_tokens > 0 ? price.max_input_tokens : config.default_max_input_tokens;
  }
  if (answers_with_tokens(job.route.upstream_path)) {
    int64_t each = max_output_tokens_of(job);
    if (each == 0) each = price.max_output_tokens;
    if (each == 0) each = config.default_max_output_tokens;
    bounds.completion =
        bounded_product(bounded_product(each, job.facts.choices), job.facts.prompts);
  }
  return bounds;
}

int64_t prompt_bound_of_bytes(size_t body_bytes, const Price& price) {
  const int64_t bound = static_cast<int64_t>(body_bytes) + kPromptSlackTokens;
  return price.max_input_tokens > 0 ? std::min(bound, price.max_input_tokens) : bound;
}

int64_t estimated_prompt_tokens(const Job& job) {
  const auto bounds = token_bounds_of(job);
  int64_t guess = (static_cast<int64_t>(job.body.size()) + kBytesPerToken - 1) / kBytesPerToken;
  if (!job.facts.prompt_bounded_by_body) guess = std::min(guess, kMediaPromptTokensGuessed);
  return std::min(guess, bounds.prompt);
}

std::optional<TokenBounds> counted_token_bounds_of(const Job& job) {
  if (!can_count_prompt(job) || !has_known_encoding(upstream_model_of(job))) return std::nullopt;
  const auto counted = count_prompt(job.body, encoding_of(job)).bound;
  auto bounds = token_bounds_of(job);
  if (!counted || *counted >= bounds.prompt) return std::nullopt;
  bounds.prompt = *counted;
  return bounds;
}

void count_answer(Job& job, std::string_view answer) {
  GeneratedText text(encoding_of(job));
  if (job.answer_kind == AnswerKind::kText) {
    job.answer_tokens = encoding_of(job).count(answer);
  } else if (job.answer_kind == AnswerKind::kJson && answers_with_text(job)) {
    JsonAnswerScanner scanner;
    scanner.count_text_in(&text);
    scanner.feed(answer);
    job.answer_tokens = text.tokens();
  }
}

TokenUsage estimated_usage(const Job& job) {
  TokenUsage usage;
  usage.prompt = estimated_prompt_tokens(job);
  if (can_count_prompt(job)) {
    const int64_t counted = count_prompt(job.body, encoding_of(job)).likely;
    usage.prompt = std::min(counted, token_bounds_of(job).prompt);
  }
  if (job.stream) {
    usage.completion = job.stream->content_tokens();
  } else if (job.answer_tokens) {
    usage.completion = *job.answer_tokens;
  } else if (answers_with_text(job)) {
    usage.completion = (job.answer_bytes + kBytesPerToken - 1) / kBytesPerToken;
  }
  usage.completion = std::min(usage.completion, token_bounds_of(job).completion);
  return usage;
}

}  // namespace chatgate
