#include "server/pipeline/estimate.h"
#include "server/pipeline/job.h"

namespace chatgate {
namespace {

// Expected of an answer whose length the client does not limit.
constexpr int64_t kCompletionTokensGuessed = 256;
const std::shared_ptr<RequestLimiter> kNoLimiter;

}  // namespace

Result<void> limit_rate(Job& job) {
  const auto& of_token = job.principal.scope ? job.principal.scope->limiter : kNoLimiter;
  const auto& of_user = job.principal.user_limiter;
  if (!of_token && !of_user) return {};
  int64_t tokens = 0;
  if (job.metering == Metering::kTokens) {
    const int64_t asked = job.facts.max_output_tokens;
    tokens = estimated_prompt_tokens(job) + (asked > 0 ? asked : kCompletionTokensGuessed);
  }
  auto admitted =
      admit_request(of_token.get(), of_user.get(), tokens, job.parts.clock.steady_ms(), job.limits);
  if (admitted) {
    job.permit = Permit(of_token, of_user, tokens);
  } else {
    job.context.loop.metrics().count_rate_limit(job.limits.is_of_account ? RateLimit::kAccount
                                                                         : RateLimit::kToken);
  }
  return admitted;
}

}  // namespace chatgate
