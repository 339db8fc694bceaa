#include "server/pipeline/estimate.h"
#include "server/pipeline/job.h"

namespace chatgate {
namespace {

// Expected of an answer whose length the client does not limit.
constexpr int64_t kCompletionTokensGuessed = 256;

}  // namespace

Result<void> limit_rate(Job& job) {
  const auto& scope = job.principal.scope;
  if (!scope || !scope->limiter) return {};
  int64_t tokens = 0;
  if (job.metering == Metering::kTokens) {
    const int64_t asked = job.facts.max_output_tokens;
    tokens = estimated_prompt_tokens(job) + (asked > 0 ? asked : kCompletionTokensGuessed);
  }
  auto status = scope->limiter->admit(tokens, job.parts.clock.steady_ms());
  if (!status) return tl::unexpected(status.error());
  job.limits = *status;
  job.permit = Permit(scope->limiter, tokens);
  return {};
}

}  // namespace chatgate
