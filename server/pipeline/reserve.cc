#include "server/pipeline/estimate.h"
#include "server/pipeline/job.h"

namespace chatgate {
namespace {

std::optional<Money> cost_of_bounds(const Job& job, const TokenBounds& bounds) {
  return cost_bound_of(bounds.prompt, bounds.completion, *job.price.price, job.principal.unit,
                       job.price.rate);
}

// The same bound in tokens instead of bytes, if it may make the difference: to count costs a
// hundred times what all else does, so the answer alone must be affordable.
std::optional<Money> sharper_bound_of_cost(const Job& job) {
  TokenBounds least = token_bounds_of(job);
  least.prompt = 0;
  const auto least_cost = cost_of_bounds(job, least);
  auto& reservations = job.parts.reservations;
  if (!least_cost || !reservations.could_reserve(job.id, job.principal.user_id, *least_cost)) {
    return std::nullopt;
  }
  const auto counted = counted_token_bounds_of(job);
  return counted ? cost_of_bounds(job, *counted) : std::nullopt;
}

Result<Hold> reserve_bound(Job& job) {
  auto& reservations = job.parts.reservations;
  if (job.metering != Metering::kTokens) {
    return reservations.reserve(job.id, job.principal.user_id, Money{});
  }
  const auto bound = cost_of_bounds(job, token_bounds_of(job));
  if (!bound) {
    return fail(ErrorCode::kInvalidRequest,
                "this request could cost more than an account can hold; limit its output tokens",
                "max_tokens");
  }
  auto hold = reservations.reserve(job.id, job.principal.user_id, *bound);
  if (hold || hold.error().code != ErrorCode::kInsufficientQuota) return hold;
  const auto sharper = sharper_bound_of_cost(job);
  return sharper ? reservations.reserve(job.id, job.principal.user_id, *sharper) : hold;
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
    return reserve_bound(job);
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
