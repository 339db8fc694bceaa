// cpp-httplib's request processing behind a face without httplib.h: parsing a request, calling the
// handler, writing the answer. One processor serves the connections of all loops.
#pragma once

#include <memory>
#include <string>

#include "server/transport/http_exchange.h"

namespace chatgate {

class HttpConnection;

class RequestProcessor {
 public:
  virtual ~RequestProcessor() = default;
  // Answers the request whose head the connection has read. False: the answer could not be sent
  // whole, so the connection must be cut. REQUIRES: inside the connection's coroutine.
  virtual bool process(HttpConnection& connection) = 0;
};

std::shared_ptr<RequestProcessor> make_request_processor(HttpHandler handler);

// "Not Found" for 404.
std::string status_text(int status);

}  // namespace chatgate
