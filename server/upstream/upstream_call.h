// One exchange with an upstream, in calls that read like blocking code. Used inside one coroutine;
// ending its life cancels it. How the bytes get there and back is an engine's business: libcurl's
// (curl_multi.h), or for plain HTTP the direct one (direct/direct_client.h); UpstreamClient
// chooses. Everything belongs to one loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/transport/coroutine.h"
#include "server/upstream/upstream_head.h"

namespace chatgate {

// Borrows what it names: it must outlive the making of the call, the body the whole call.
struct UpstreamRequest {
  const std::string& method;
  const std::string& url;
  const std::vector<std::string>& headers;  // "Name: value"; "Name:" for an empty value
  std::string_view key;                     // sent as a bearer token; empty: none
  std::string_view body;
  const std::string& proxy;  // empty: none, whatever the environment says
  bool has_body = false;
  bool expects_stream = false;  // small receive buffers: many of these run at once
  int64_t connect_timeout_ms = 10'000;
};

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

  UpstreamCall() = default;
  virtual ~UpstreamCall() = default;
  UpstreamCall(const UpstreamCall&) = delete;
  UpstreamCall& operator=(const UpstreamCall&) = delete;

  // kReady: head() is the final answer's.
  Progress await_head(int64_t timeout_ms);
  const UpstreamHead& head() const { return head_; }
  HeaderList take_headers() { return std::move(head_.headers); }  // of the head, once

  // Appends what has come of the body to `into`, waiting for it if need be. Hardly ever holds more
  // than kBufferBytes: a slow client slows the upstream down.
  Progress read(std::string& into, int64_t timeout_ms);
  // Whether the body's end is known already, so that read() would only say kEnd.
  bool is_whole() const { return is_done_ && !is_failed_ && buffer_.empty(); }

  // Ends the wait that is under way or comes next with kInterrupted. From the loop's thread.
  void interrupt();

  // Whether the upstream may have seen something of the request.
  bool was_sent() const { return was_sent_; }
  // Why it is kUnreachable or kBroken, for the log.
  const std::string& failure() const { return failure_; }

  static constexpr size_t kBufferBytes = 64 << 10;

 protected:
  // The buffer is empty again after the engine has set is_paused_.
  virtual void go_on() = 0;

  void end() { is_done_ = true; }
  void fail_with(std::string reason) {
    is_done_ = is_failed_ = true;
    failure_ = std::move(reason);
  }

  UpstreamHead head_;
  std::string buffer_;
  Event event_;  // an engine notifies it after each change
  bool has_head_ = false;
  bool is_done_ = false;
  bool is_failed_ = false;
  bool is_paused_ = false;
  bool was_sent_ = false;

 private:
  Progress wait(int64_t timeout_ms);

  std::string failure_;
  bool is_interrupted_ = false;
};

}  // namespace chatgate
