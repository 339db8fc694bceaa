// One request in the books. Immutable once written; corrections are ledger entries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/domain/ids.h"
#include "common/domain/price.h"

namespace chatgate {

enum class UsageStatus : uint8_t {
  kCompleted = 0,    // the upstream's answer was whole
  kAborted = 1,      // the client left; what was seen is charged
  kCut = 2,          // the upstream broke off in mid-answer; what was seen is charged
  kFailed = 3,       // the upstream failed; costs nothing
  kInterrupted = 4,  // the gateway died meanwhile; costs nothing
};
std::string_view name_of(UsageStatus status);

struct UsageRecord {
  RequestId id;
  UserId user_id;
  TokenId token_id;
  PriceId price_id;       // 0: the request named no model and cost nothing
  std::string model;      // as the client named it
  std::string endpoint;   // "/v1/chat/completions"
  std::string upstream;   // the upstream's configured name
  std::string remote_id;  // the upstream's own id of the answer
  UsageStatus status = UsageStatus::kCompleted;
  bool estimated = false;  // counted here, since no usage came from the upstream
  int http_status = 0;     // as the client saw it
  TokenUsage usage;
  ExchangeRate rate;  // that `cost` was converted at
  Money cost;         // charged to the account
  Money written_off;  // cost beyond the balance: never charged, here to be seen
  int64_t duration_ms = 0;

  Timestamp started_at() const { return {id.value >> kRequestIdTimeShift}; }
};

// The day in which a request counts, whenever it ends.
inline int64_t day_of(RequestId id) { return day_of(Timestamp{id.value >> kRequestIdTimeShift}); }

// A reservation of balance while its request runs; `amount` bounds the request's cost from above.
struct Hold {
  RequestId request_id;
  UserId user_id;
  Money amount;
};

// What an account was charged for the requests of one day.
struct DailyCharge {
  int64_t day = 0;  // since 1970, UTC
  int64_t requests = 0;
  Money cost;
};

// "req_" and the id in 16 hexadecimal digits, as in the x-request-id header.
std::string format_request_id(RequestId id);
// Takes capital digits too, as a person may type them.
std::optional<RequestId> parse_request_id(std::string_view text);

}  // namespace chatgate
