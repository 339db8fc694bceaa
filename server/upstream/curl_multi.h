// HTTP to the upstreams by libcurl: one multi handle for each event loop, driven by that loop.
// libcurl brings TLS, proxies and connection reuse. Everything belongs to one loop's thread.
#pragma once

#include <memory>

#include "server/upstream/upstream_call.h"

namespace chatgate {

class EventLoop;

class CurlMulti {
 public:
  explicit CurlMulti(EventLoop& loop);
  ~CurlMulti();  // REQUIRES: no call is left
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  // Inside a coroutine.
  std::unique_ptr<UpstreamCall> call(const UpstreamRequest& request);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace chatgate
