// The built-in upstream for a machine without an account anywhere: OpenAI's API in small, answered
// by itself. It is an HTTP server on a loopback port which the relay treats like any other.
//
// Models: `demo` answers at once, word by word when streamed; `demo-slow` takes its time;
// `demo-error-429` and `demo-error-500` fail; `demo-cut` breaks off in mid-answer;
// `demo-embedding` embeds.
#pragma once

#include <string_view>
#include <vector>

#include "common/domain/price.h"
#include "server/transport/http_exchange.h"

namespace chatgate {

// Serves one request. Safe on any loop.
void answer_as_demo(HttpExchange& exchange);

// What the demo's models cost, to be booked before the first start.
std::vector<Price> demo_prices();

}  // namespace chatgate
