#include "server/pipeline/estimate.h"
#include "server/pipeline/job.h"

namespace chatgate {
namespace {

Result<Money> bound_of_cost(const Job& job) {
  if (job.metering != Metering::kTokens) return Money{};
  const auto bounds = token_bounds_of(job);
  const auto bound = cost_bound_of(bounds.prompt, bounds.completion, *job.price.price,
                                   job.principal.unit, job.price.rate);
  if (!bound) {
    return fail(ErrorCode::kInvalidRequest,
                "this request could cost more than an account can hold; limit its output tokens",
                "max_tokens");
  }
  return *bound;
}

}  // namespace

Result<void> reserve(Job& job) {
  auto result = [&]() -> Result<Hold> {
    if (!job.parts.writer.is_healthy()) {
      Error error{ErrorCode::kStoreUnavailable,
                  "the books cannot be written at the moment; try again later"};
      error.retry_after_ms = 2000;
      return tl::unexpected(std::move(error));
    }
    auto bound = bound_of_cost(job);
    if (!bound) return tl::unexpected(bound.error());
    return job.parts.ledger.reserve(job.id, job.principal.user_id, *bound);
  }();
  if (!result) {
    job.permit.withdraw();  // refused here, so it must not count against any limit
    job.limits = {};        // nor be shown as counted
    return tl::unexpected(result.error());
  }
  job.hold = *result;
  job.has_hold = true;
  job.parts.writer.open_hold(job.hold);
  return {};
}

}  // namespace chatgate
