// Which web page made a browser send a request, as the browser says by itself: no page can set
// either header (fetch.spec.whatwg.org, "forbidden request-header"). Pure; any thread.
#pragma once

#include <cstdint>

#include "server/transport/framing_guard.h"

namespace chatgate {

enum class PageOrigin : uint8_t {
  kNone,   // nothing is said of one: a program, or a person who typed the address
  kOwn,    // a page of this very origin
  kOther,  // any other page, one of a neighbouring port or host too
};

// Sec-Fetch-Site decides where there is one (w3.org/TR/fetch-metadata): the browser compares what
// is in its address bar, whatever a proxy makes of `Host`. It is not sent over plain HTTP but to
// localhost, nor by old browsers; there Origin (RFC 6454, 7) must name this host. `is_secure`: the
// client's connection is known to be TLS, so a page that came without it is another one. A proxy
// may have ended TLS before us, hence the reverse cannot be known.
PageOrigin page_origin_of(const RequestHead& head, bool is_secure);

}  // namespace chatgate
