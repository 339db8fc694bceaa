// Who calls at a door, and who pays for it. Called by the doors, inside a request's coroutine.
#pragma once

#include <string>
#include <string_view>

#include "server/routes.h"

namespace chatgate {

// Who calls, and with which key.
struct Caller {
  Principal principal;
  std::string own_key;  // of an upstream account of the caller's; empty: the gateway's pays
};

// The caller whose credential stands in the head (`Authorization: Bearer`, `api-key`) or, if it is
// not empty, is `key`, which the door has found elsewhere: a token of chatgate's, a key of the
// caller's own where the door is among `own_keys`. Without a credential it is the account that the
// client's certificate proves, or a guest where the door is among `guest_doors`.
// kMissingToken, kInvalidToken, kUserBlocked.
Result<Caller> identify(const RouteParts& parts, const RoutedRequest& request,
                        std::string_view key = {});

// Whoever may call without a token of chatgate's: the account that is charged for them, and the key
// that they brought, if any.
Result<Caller> find_guest(const RouteParts& parts, const RoutedRequest& request,
                          std::string_view own_key = {});

// Whether callers at the door of that name need no token.
bool takes_guests(std::string_view door, const Config& config);
// Whether callers at this door may bring a key of their own.
bool takes_own_keys(const RoutedRequest& request);

}  // namespace chatgate
