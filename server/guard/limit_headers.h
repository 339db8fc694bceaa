// The x-ratelimit-* headers, as OpenAI writes them. Pure; any thread.
#pragma once

#include "server/guard/request_limiter.h"
#include "server/transport/http_exchange.h"

namespace chatgate {

void add_limit_headers(const LimitStatus& status, HeaderList& headers);

}  // namespace chatgate
