// Plain HTTP/1.1 to upstreams next door: a local inference server, another gateway. libcurl spends
// on such a request as much as all of the pipeline does (measured: a fifth of the CPU time, and
// three of eleven system calls), so here a connection simply stays registered with its loop, always
// waiting for bytes, and a request on it costs one send and one receive. TLS, proxies and unusual
// URLs are libcurl's (curl_multi.h). Everything belongs to one loop's thread.
#pragma once

#include <memory>

#include "server/upstream/upstream_call.h"

namespace chatgate {

class EventLoop;

class DirectClient {
 public:
  explicit DirectClient(EventLoop& loop);
  ~DirectClient();  // REQUIRES: no call is left
  DirectClient(const DirectClient&) = delete;
  DirectClient& operator=(const DirectClient&) = delete;

  // Inside a coroutine. Null for a request that is not for this client.
  std::unique_ptr<UpstreamCall> call(const UpstreamRequest& request);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace chatgate
