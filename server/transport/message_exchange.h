// One question, and its answer, on a connection that carries many messages: WebSocket, gRPC. To a
// route it looks like any exchange; what it answers with goes out as messages. Each transport
// derives its own. Made for each question and used inside the connection's coroutine.
//
// A route of messages answers with pieces: each is one message, or the error that ends the answer.
// They travel as bytes through the pipeline, which knows nothing of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/metrics/request_meter.h"
#include "server/transport/event_loop.h"
#include "server/transport/http_exchange.h"

namespace chatgate {

class AccessLog;

std::string message_piece(std::string_view text);
// `status`: HTTP's for such an error; `text`: what a person reads.
std::string error_piece(int status, std::string_view text);

// Whence a question came: what is known of its connection. Outlives the exchange.
struct MessageOrigin {
  std::string client_ip;
  std::string path;            // as the books name it: "/ws"
  std::string_view transport;  // as the access log names the method; static text
  // The credential and whatever else the client said of itself (HTTP's header names, lower case).
  HeaderList headers;
  std::string client_user = {};  // the account that its certificate proves; empty: none
};

class MessageExchange : public HttpExchange {
 public:
  // `bytes_in`: of the question. The log may be null.
  MessageExchange(EventLoop& loop, RequestId id, const MessageOrigin& origin, size_t bytes_in,
                  AccessLog* access_log);
  ~MessageExchange() override;  // the access log's record is complete

  // After the route has returned: produces what it has begun to stream. False when the client has
  // not got the whole answer, or the error that stands for it.
  bool finish();
  // The client will take nothing more, or has taken its question back. From the loop's thread.
  void client_gone();

  EventLoop& loop() final { return loop_; }
  RequestId id() const final { return id_; }
  const RequestHead& head() const final { return head_; }
  std::string_view path() const final { return origin_.path; }
  std::string_view query() const final { return {}; }
  const std::string& client_ip() const final { return origin_.client_ip; }
  const std::string& client_user() const final { return origin_.client_user; }
  std::shared_ptr<AccessRecord> access_record() const final { return record_; }
  void note_door(std::string_view door) final { meter_.door = door; }
  std::string_view door() const final { return meter_.door; }
  Result<std::string> read_body(size_t, uint64_t) final { return std::string(); }
  void on_client_gone(std::function<void()> callback) final;
  void add_header(std::string, std::string) final {}  // messages bear none
  void answer(int status, HeaderList headers, std::string body) final;
  void stream(int status, HeaderList headers, int64_t content_length,
              std::function<bool(BodySink&)> produce) final;

 protected:
  // Both suspend while the client takes nothing, and return false when it is gone.
  virtual bool send_message(std::string_view text) = 0;
  virtual bool send_error(int status, std::string_view text) = 0;
  // What was sent so far may have waited for more of it.
  virtual bool flush_messages() { return true; }
  // Ends the connection, or this answer's part of it, as it is.
  virtual void cut() = 0;
  // What HTTP's clients would find in the answer's head, before anything of it is sent.
  virtual void heed_headers(const HeaderList&) {}

 private:
  class Sink;
  bool send_pieces(std::string_view bytes);
  bool note_sent(bool is_sent, size_t bytes);
  void note_status(int status);

  EventLoop& loop_;
  const RequestId id_;
  const MessageOrigin& origin_;
  RequestHead head_;
  const int64_t started_ms_;
  std::shared_ptr<AccessRecord> record_;
  RequestMeter meter_;
  std::function<void()> on_gone_;
  bool is_gone_ = false;
  bool is_whole_ = false;
  std::string unsent_;  // a piece whose end has not come yet
  std::function<bool(BodySink&)> produce_;
};

}  // namespace chatgate
