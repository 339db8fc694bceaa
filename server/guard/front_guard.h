// What is decided of a request before its door looks at it: whether its address may come in, how
// often, and which web pages may read the answer. One guard serves all loops.
#pragma once

#include <atomic>

#include "common/clock.h"
#include "common/config/config.h"
#include "common/net/ip_range_set.h"
#include "common/result.h"
#include "server/guard/address_limiter.h"
#include "server/guard/cors.h"
#include "server/transport/http_exchange.h"

namespace chatgate {

// The part of a configuration that needs no memory of earlier requests. A plain value.
struct FrontRules {
  IpRangeSet trusted_proxies;
  IpRangeSet allowed;  // empty: all
  IpRangeSet denied;   // stands above `allowed`
  CorsRules cors;
  bool limits_addresses = false;  // at every door
  bool limits_web = false;        // at the door web alone
};
// kInvalidArgument for what is no address and no block.
Result<FrontRules> front_rules_of(const Config& config);

// What a path is to the guard.
enum class FrontKind : uint8_t {
  kProbe,  // of load balancers: neither limited nor held to the list of allowed addresses
  kApi,
  kWeb,      // the door web, which has a limit of its own besides
  kOwnPage,  // of no concern to web pages of other origins, whatever `cors_origins` says
};

class FrontGuard {
 public:
  explicit FrontGuard(const Clock& clock) : clock_(clock) {}

  // Puts the limits of a configuration into force; what addresses have used stays used.
  void set_limits(const Config& config);

  // Whether the request may go on to its door. False: a browser's preflight, which has been
  // answered and counts nowhere. An error is the door's to render: kAddressNotAllowed, or
  // kRateLimited, by which nothing was taken from any limit. Whatever answers later bears the
  // headers that a page needs to read it.
  Result<bool> admit(HttpExchange& exchange, const FrontRules& rules, FrontKind kind);

 private:
  Result<void> limit_address(HttpExchange& exchange, const IpAddress& address, FrontKind kind);
  void warn_of_unknown_proxy(const HttpExchange& exchange, const FrontRules& rules);

  const Clock& clock_;
  AddressLimiter limiter_;
  std::atomic<bool> has_warned_ = false;
};

}  // namespace chatgate
