// One WebSocket from its handshake to its end: control frames, pings, timeouts and the close
// handshake, while the connection's coroutine answers one message after another. What comes in is
// taken at once, whatever the coroutine waits for, so a client that leaves is noticed at once;
// messages that come while one is being answered wait for their turn, a few of them, and beyond
// these nothing more is read. On the connection's loop alone.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "server/transport/coroutine.h"
#include "server/transport/upgraded_connection.h"
#include "server/transport/websocket/frames.h"

namespace chatgate {

struct SessionLimits {
  size_t message_bytes_max = 1 << 20;
  int64_t ping_interval_ms = 15'000;  // 0: no pings
  int64_t idle_timeout_ms = 600'000;  // in which no frame comes
};

class WebsocketSession final : private UpgradedConnection::Listener {
 public:
  WebsocketSession(UpgradedConnection& connection, const SessionLimits& limits);
  ~WebsocketSession() override { connection_.stop_listening(); }
  WebsocketSession(const WebsocketSession&) = delete;
  WebsocketSession& operator=(const WebsocketSession&) = delete;

  // Serves the connection to its end; `answer` gets each message. REQUIRES: inside the connection's
  // coroutine; once.
  void run(const std::function<void(std::string message)>& answer);

  // For `answer`. Suspends while the client takes nothing; false when it is gone.
  bool send(std::string_view text);
  bool flush();
  // Tells at once, on the loop, when the client has left while its message is being answered; null
  // when nobody needs to know any more.
  void on_client_gone(std::function<void()> callback);
  // Begins the close handshake: nothing is sent after it, no further message is answered.
  void close(CloseCode code, std::string_view reason);
  bool is_over() const { return is_over_; }
  void cut() { connection_.cut(); }

 private:
  static constexpr size_t kWaitingMax = 8;  // messages for their turn
  static constexpr int kUnansweredMax = 2;  // pings in a row

  void on_input() override;
  void on_end() override;
  void on_drain() override;
  void on_retire(int64_t idle_ms_min) override;

  void take_input();
  bool is_full() const;
  void handle(FrameDecoder::Event event);
  void wake();
  void end();
  void on_timer();
  void ping();
  int64_t now_ms() { return connection_.loop().coarse_now_ms(); }
  int64_t ms_to_next_check() const;
  void finish_close();

  UpgradedConnection& connection_;
  const SessionLimits limits_;
  FrameDecoder decoder_;
  std::deque<std::string> waiting_;
  size_t waiting_bytes_ = 0;
  Event wake_;
  Timer timer_;
  std::function<void()> on_gone_;
  int64_t heard_ms_;     // when a whole frame came last, or an answer ended
  int64_t received_ms_;  // when any byte came last
  int64_t sent_ms_;      // when anything was sent last
  int unanswered_ = 0;   // pings since anything came
  bool is_answering_ = false;
  bool is_taking_input_ = false;
  bool wants_wake_ = false;
  bool has_sent_close_ = false;
  bool has_received_close_ = false;
  bool is_over_ = false;    // no message is answered any more
  bool has_ended_ = false;  // the connection itself
};

}  // namespace chatgate
