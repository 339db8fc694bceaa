// Which web pages may call the gateway from a browser (https://fetch.spec.whatwg.org, "CORS
// protocol"). Constant once made: any thread.
//
// Callers bear a token in a header and no cookies, so Access-Control-Allow-Credentials is never
// sent: no page can use what a browser has stored for the gateway.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/transport/framing_guard.h"
#include "server/transport/http_exchange.h"

namespace chatgate {

class CorsRules {
 public:
  CorsRules() = default;  // no page of another origin
  // Origins as browsers write them ("https://chat.example.org"), or `*`. Capitals and a slash at
  // the end do not matter.
  explicit CorsRules(const std::vector<std::string>& origins);

  bool allows(std::string_view origin) const;
  bool allows_all() const { return allows_all_; }

 private:
  bool allows_all_ = false;
  std::vector<std::string> origins_;  // sorted, in small letters
};

// A browser asks whether it may send a request; it is not the request itself.
bool is_preflight(const RequestHead& head);

// The headers that let the page of this request read its answer. None for a request without an
// Origin; for an origin that is not allowed only Vary, where it matters.
HeaderList cors_headers(const RequestHead& head, const CorsRules& rules);

// The headers of the 204 that answers a preflight. They allow nothing when the origin is not
// allowed: the browser then keeps its request back.
HeaderList preflight_headers(const RequestHead& head, const CorsRules& rules);

}  // namespace chatgate
