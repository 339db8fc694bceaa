// The request that asks to turn an HTTP connection into a WebSocket, judged (RFC 6455, 4.2). Pure;
// any thread.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "server/transport/framing_guard.h"
#include "server/transport/http_exchange.h"

namespace chatgate {

// Views into the head.
struct Handshake {
  std::string_view key;
  std::string_view protocol;  // the one that was chosen of those offered; empty: none
  std::string_view token;     // browsers cannot set headers: what they offer behind the protocol
};

struct HandshakeFault {
  int status = 400;
  HeaderList headers;  // what tells the client how to do better
  std::string_view message;
};

// 426 for what is no such request, or of another version; 400 for a broken one.
tl::expected<Handshake, HandshakeFault> judge_handshake(const RequestHead& head);

// The value of Sec-WebSocket-Accept. Needs a large stack.
std::string accept_value(std::string_view key);

}  // namespace chatgate
