// The HTTP client of one event loop: it gives each request to the engine that serves it best.
// Everything belongs to the loop's thread.
#pragma once

#include <memory>

#include "server/upstream/curl_multi.h"
#include "server/upstream/direct/direct_client.h"

namespace chatgate {

class UpstreamClient {
 public:
  explicit UpstreamClient(EventLoop& loop) : loop_(loop), direct_(loop) {}

  // Inside a coroutine.
  std::unique_ptr<UpstreamCall> call(const UpstreamRequest& request);

 private:
  EventLoop& loop_;
  DirectClient direct_;
  std::unique_ptr<CurlMulti> curl_;  // once it is needed: libcurl takes memory and time to begin
};

}  // namespace chatgate
