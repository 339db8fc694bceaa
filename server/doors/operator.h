// Whether a request comes from the operator: whoever holds the operations key. Called by /accounts
// and its page /admin, inside a request's coroutine.
//
// SECURITY. The key comes in one of two ways.
//
// Programs send it in the header `opskey`. No browser does so by itself, and a page that does knows
// the key already.
//
// The page /admin rests on HTTP Basic (`admin` and the key). A browser that has logged in adds
// these credentials to whatever any page makes it send here, so by themselves they say who sits
// there, not what that person wants. At /admin that is enough: loading it changes nothing, no page
// may frame it or read it. An order at /accounts must besides be of /admin's own making:
// - the browser says that a page of this very origin asks (page_origin.h). What says nothing of a
//   page is refused too: each browser tells Origin with a POST, and programs have `opskey`;
// - it is `application/json`, which no form can send, and no script of another origin without
//   asking first. The answer to that (guard/cors.h) never allows credentials.
// Both are judged before the key is, so that a foreign page does not learn whether somebody is
// logged in. A name that is made to lead here (DNS rebinding) is another origin to the browser,
// without credentials.
//
// Guesses wait as those at log-ins do (login_delays.h), by both ways and at both paths together;
// but those that a foreign page makes in its visitors' browsers wait apart, or it could lock out
// the very person whom it attacks.
#pragma once

#include "server/routes.h"

namespace chatgate {

// The log-in of a browser: Basic alone. kMissingToken, which counts nowhere; kInvalidToken,
// kRateLimited.
Result<void> check_operator(const RouteParts& parts, const RoutedRequest& request);

// The sender of an order. The same, kUnsupportedMediaType, and kRefused with the header
// at fault as its parameter.
Result<void> check_order(const RouteParts& parts, const RoutedRequest& request);

}  // namespace chatgate
