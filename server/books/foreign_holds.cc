#include "server/books/foreign_holds.h"

namespace chatgate {
namespace {

tl::unexpected<Error> held_already(RequestId request) {
  return fail(ErrorCode::kRefused, format_request_id(request) + " has a hold already");
}

}  // namespace

Result<void> ForeignHolds::adopt(const Hold& hold) {
  const std::lock_guard lock(mutex_);
  if (holds_.contains(hold.request_id)) return held_already(hold.request_id);
  if (auto adopted = ledger_.adopt(hold); !adopted) return adopted;
  holds_.emplace(hold.request_id, hold);
  return {};
}

Result<Hold> ForeignHolds::reserve(RequestId request, UserId user, Money amount) {
  const std::lock_guard lock(mutex_);
  if (holds_.contains(request)) return held_already(request);
  auto hold = ledger_.reserve(request, user, amount);
  if (hold) holds_.emplace(request, *hold);
  return hold;
}

Result<Charge> ForeignHolds::fix_charge(RequestId request, Money cost) {
  const std::lock_guard lock(mutex_);
  const auto found = holds_.find(request);
  if (found == holds_.end()) {
    return fail(ErrorCode::kNotFound, format_request_id(request) + " has no hold here");
  }
  return ledger_.fix_charge(found->second, cost);
}

void ForeignHolds::release(const std::vector<RequestId>& requests) {
  const std::lock_guard lock(mutex_);
  for (const RequestId request : requests) {
    const auto node = holds_.extract(request);
    if (node) ledger_.released(node.mapped());
  }
}

std::vector<Hold> ForeignHolds::open() const {
  const std::lock_guard lock(mutex_);
  std::vector<Hold> open;
  open.reserve(holds_.size());
  for (const auto& [id, hold] : holds_) open.push_back(hold);
  return open;
}

}  // namespace chatgate
