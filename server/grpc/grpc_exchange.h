// A question over gRPC and its answer: the gateway's half of one call. See grpc_module.h for who
// may call what. Made and used by GrpcListener alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/grpc/grpc_module.h"
#include "server/transport/coroutine.h"
#include "server/transport/message_exchange.h"

namespace chatgate {

// What of a question's metadata is of use to a route.
const std::vector<std::string>& grpc_metadata_names();
// "ipv4:192.0.2.1:4711", "ipv6:%5B2001:db8::1%5D:4711": the address alone, IPv4 as such.
std::string ip_of_peer(std::string_view peer);
// The status that stands for one of HTTP's (google.rpc.Code).
int grpc_status_of(int http_status);
// And the one for a question that is none, with what is wrong with it; REQUIRES: a fault.
GrpcEnd end_of_fault(GrpcQuestion::Fault fault);
// Protobuf's texts are UTF-8; what is not becomes U+FFFD.
std::string as_utf8(std::string_view text);

// What both sides share of a call: gRPC's threads report here, the loop listens.
class GrpcCallState final : public GrpcObserver,
                            public std::enable_shared_from_this<GrpcCallState> {
 public:
  // `forget`: called from a thread of gRPC's when the call is over for good.
  GrpcCallState(EventLoop& loop, std::unique_ptr<GrpcCall> call,
                std::function<void(GrpcCallState&)> forget)
      : loop_(loop), call_(std::move(call)), forget_(std::move(forget)) {}

  void on_written(bool is_sent) override;
  void on_cancelled() override;
  void on_done() override { forget_(*this); }

  // From here on the loop's thread alone, or whoever knows that the loop no longer runs.

  EventLoop& loop() { return loop_; }
  bool is_cancelled() const { return is_cancelled_; }
  void when_cancelled(std::function<void()> callback) { when_cancelled_ = std::move(callback); }
  // Inside a coroutine: suspends until gRPC has taken the message. False when the client is gone,
  // which one is that takes nothing for so long.
  bool write(std::string_view text, int64_t timeout_ms);
  void add_metadata(const std::string& name, const std::string& value);
  void cancel();
  void finish(GrpcEnd end);  // once or more; only the first counts

 private:
  // gRPC works on the thread that calls it, on more stack than a coroutine has.
  void on_large_stack(const std::function<void()>& work);

  EventLoop& loop_;
  std::unique_ptr<GrpcCall> call_;  // null when it is finished
  const std::function<void(GrpcCallState&)> forget_;
  std::function<void()> when_cancelled_;
  Event written_;
  bool is_sent_ = false;
  bool is_cancelled_ = false;
};

class GrpcExchange final : public MessageExchange {
 public:
  GrpcExchange(std::shared_ptr<GrpcCallState> state, RequestId id, const MessageOrigin& origin,
               size_t bytes_in, AccessLog* access_log, int64_t write_timeout_ms);
  ~GrpcExchange() override;

  // A question that is none ends with this status of gRPC's instead of INVALID_ARGUMENT.
  void set_fault_status(int status) { fault_status_ = status; }
  // After the route has returned: sends the answer, and the call's status.
  void finish_call();

 protected:
  bool send_message(std::string_view text) override;
  bool send_error(int status, std::string_view text) override;
  void heed_headers(const HeaderList& headers) override;
  void cut() override { state_->cancel(); }

 private:
  const std::shared_ptr<GrpcCallState> state_;
  const int64_t write_timeout_ms_;
  int fault_status_;
  GrpcEnd end_;
};

}  // namespace chatgate
