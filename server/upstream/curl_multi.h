// HTTP to the upstreams: one libcurl multi handle for each event loop, driven by that loop, with
// calls that read like blocking code inside a coroutine. libcurl brings TLS, proxies, HTTP/2 and
// connection reuse. Everything belongs to one loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/transport/http_exchange.h"

namespace chatgate {

class EventLoop;

// Borrows what it names: it must outlive the call's constructor, the body the whole call.
struct UpstreamRequest {
  const std::string& method;
  const std::string& url;
  const std::vector<std::string>& headers;  // "Name: value"
  std::string_view key;                     // sent as a bearer token; empty: none
  std::string_view body;
  const std::string& proxy;  // empty: none, whatever the environment says
  bool has_body = false;
  bool expects_stream = false;  // small receive buffers: many of these run at once
  int64_t connect_timeout_ms = 10'000;
};

struct UpstreamHead {
  int status = 0;
  HeaderList headers;           // names in lower case, without hop-by-hop ones and lengths
  int64_t content_length = -1;  // of the body as it will be read; -1: unknown
};

class CurlMulti {
 public:
  explicit CurlMulti(EventLoop& loop);
  ~CurlMulti();  // REQUIRES: no call is left
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

 private:
  friend class UpstreamCall;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// One exchange with an upstream. Used inside one coroutine; ending its life cancels it.
class UpstreamCall {
 public:
  enum class Progress : uint8_t {
    kReady,        // the head is here, or body bytes were read
    kEnd,          // the body is whole
    kUnreachable,  // no connection could be made: the upstream has seen nothing of the request
    kBroken,       // it broke off, or does not speak HTTP
    kTimeout,      // nothing came in the given time
    kInterrupted,  // interrupt() was called
  };

  UpstreamCall(CurlMulti& multi, const UpstreamRequest& request);
  ~UpstreamCall();
  UpstreamCall(const UpstreamCall&) = delete;
  UpstreamCall& operator=(const UpstreamCall&) = delete;

  // kReady: head() is the final answer's.
  Progress await_head(int64_t timeout_ms);
  const UpstreamHead& head() const;
  HeaderList take_headers();  // of the head, once

  // Appends what has come of the body to `into`, waiting for it if need be. Never holds more than
  // kBufferBytes: a slow client slows the upstream down.
  Progress read(std::string& into, int64_t timeout_ms);
  // Whether the body's end is known already, so that read() would only say kEnd.
  bool is_whole() const;

  // Ends the wait that is under way or comes next with kInterrupted. From the loop's thread.
  void interrupt();

  // Whether the upstream may have seen something of the request.
  bool was_sent() const;

  // Why it is kUnreachable or kBroken, for the log.
  const std::string& failure() const;

  static constexpr size_t kBufferBytes = 64 << 10;

 private:
  friend class CurlMulti;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chatgate
