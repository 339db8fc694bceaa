#include "server/transport/websocket/session.h"

#include <algorithm>
#include <utility>

#include "common/tokenizer/utf8.h"

namespace chatgate {
namespace {

constexpr int64_t kCloseMs = 2'000;      // for the client's part of the close handshake
constexpr int64_t kCheckMs = 5'000;      // between two looks at the clock, at most
constexpr size_t kSliceBytes = 4 << 10;  // of input, between two looks at what they came to
constexpr size_t kUnsentBytesMax = 16 << 10;
constexpr std::string_view kComeBack = "the gateway was upgraded: connect again";

}  // namespace

WebsocketSession::WebsocketSession(UpgradedConnection& connection, const SessionLimits& limits)
    : connection_(connection),
      limits_(limits),
      decoder_(limits.message_bytes_max),
      timer_(connection.loop()),
      heard_ms_(connection.loop().coarse_now_ms()),
      received_ms_(heard_ms_),
      sent_ms_(heard_ms_) {}

void WebsocketSession::run(const std::function<void(std::string message)>& answer) {
  connection_.listen(*this);
  on_timer();
  while (!is_over_) {
    if (connection_.is_draining()) {
      close(CloseCode::kGoingAway, "the gateway stops");
      break;
    }
    if (waiting_.empty()) {
      if (!connection_.flush()) break;
      Coroutine::current()->release_unused_stack();
      if (waiting_.empty() && !is_over_ && !connection_.is_draining()) wake_.wait();
      continue;
    }
    auto message = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= message.size();
    is_answering_ = true;
    take_input();  // what had no room before
    if (is_over_) break;
    answer(std::move(message));
    is_answering_ = false;
    on_gone_ = nullptr;
    heard_ms_ = now_ms();
    // Between two questions nothing of the client's is lost.
    if (connection_.is_retiring() && waiting_.empty()) close(CloseCode::kServiceRestart, kComeBack);
  }
  waiting_.clear();
  finish_close();
  timer_.cancel();
}

// Both sides say that they close, and the server ends the connection (RFC 6455, 7.1.1).
void WebsocketSession::finish_close() {
  connection_.flush();
  const int64_t deadline_ms = now_ms() + kCloseMs;
  while (!has_ended_ && !has_received_close_ && has_sent_close_) {
    const int64_t left_ms = deadline_ms - now_ms();
    if (left_ms <= 0 || !wake_.wait(left_ms)) break;
  }
}

// --- out ----------------------------------------------------------------------------------------

bool WebsocketSession::send(std::string_view text) {
  if (has_sent_close_ || has_ended_) return false;
  if (valid_utf8_bytes(text) == text.size()) {
    append_frame(connection_.output(), Opcode::kText, text);
  } else {  // an upstream's fault must not end the connection
    append_frame(connection_.output(), Opcode::kText, with_replacements(text));
  }
  sent_ms_ = now_ms();
  return connection_.output().size() < kUnsentBytesMax || flush();
}

bool WebsocketSession::flush() { return !has_ended_ && connection_.flush() && !is_over_; }

void WebsocketSession::close(CloseCode code, std::string_view reason) {
  if (has_sent_close_ || has_ended_) return;
  has_sent_close_ = true;
  append_close(connection_.output(), code, reason);
  if (!is_taking_input_) connection_.flush_soon();
  end();
}

// Whoever is being answered learns that nobody listens any more; else the coroutine waits here.
// Either may run to this object's end.
void WebsocketSession::end() {
  is_over_ = true;
  wake();
}

void WebsocketSession::wake() {
  wants_wake_ = is_taking_input_;
  if (wants_wake_) return;
  const auto callback = is_over_ ? std::exchange(on_gone_, nullptr) : nullptr;
  callback ? callback() : wake_.notify();
}

void WebsocketSession::on_client_gone(std::function<void()> callback) {
  if (callback && is_over_) return callback();
  on_gone_ = std::move(callback);
}

// --- in -----------------------------------------------------------------------------------------

void WebsocketSession::on_input() {
  received_ms_ = now_ms();
  unanswered_ = 0;
  take_input();
}

void WebsocketSession::on_end() {
  has_ended_ = true;
  end();
}

void WebsocketSession::on_drain() { wake(); }  // an answer under way goes on to its end

void WebsocketSession::on_retire(int64_t idle_ms_min) {
  const bool is_idle = !is_answering_ && waiting_.empty() && !decoder_.is_mid_message();
  if (is_idle && now_ms() - heard_ms_ >= idle_ms_min) close(CloseCode::kServiceRestart, kComeBack);
}

// Beyond this a client waits, and so does whatever else it sends. One that does not even take the
// answers to its pings is not heard either.
bool WebsocketSession::is_full() const {
  return waiting_.size() >= kWaitingMax || waiting_bytes_ > limits_.message_bytes_max ||
         connection_.output().size() > kUnsentBytesMax;
}

// Nobody is woken before the end: a coroutine that goes on takes input itself, or ends the session.
void WebsocketSession::take_input() {
  if (std::exchange(is_taking_input_, true)) return;
  while (!connection_.unread().empty() && !is_full()) {
    auto slice = connection_.unread().substr(0, kSliceBytes);
    const size_t bytes = slice.size();
    while (!slice.empty() && !is_full()) handle(decoder_.next(slice));
    connection_.consume(bytes - slice.size());
  }
  connection_.receive_more();
  is_taking_input_ = false;
  if (!connection_.output().empty()) connection_.flush_soon();
  if (std::exchange(wants_wake_, false)) wake();
}

void WebsocketSession::handle(FrameDecoder::Event event) {
  if (event == FrameDecoder::Event::kNeedsMore) return;
  heard_ms_ = now_ms();
  switch (event) {
    case FrameDecoder::Event::kMessage: {
      auto message = decoder_.take_message();
      if (is_over_) return;
      waiting_bytes_ += message.size();
      waiting_.push_back(std::move(message));
      return wake();
    }
    case FrameDecoder::Event::kPing:
      if (!has_sent_close_) append_frame(connection_.output(), Opcode::kPong, decoder_.payload());
      return;
    case FrameDecoder::Event::kClose:
      has_received_close_ = true;
      close(decoder_.close_code(), {});
      return wake();
    case FrameDecoder::Event::kFault:
      has_received_close_ = true;  // there is nothing more to understand
      close(decoder_.close_code(), decoder_.fault());
      return wake();
    default:
      return;
  }
}

// --- time ---------------------------------------------------------------------------------------

int64_t WebsocketSession::ms_to_next_check() const {
  int64_t wait_ms =
      std::min({kCheckMs, limits_.idle_timeout_ms, connection_.limits().body_timeout_ms});
  if (limits_.ping_interval_ms > 0) wait_ms = std::min(wait_ms, limits_.ping_interval_ms);
  return wait_ms;
}

void WebsocketSession::on_timer() {
  timer_.set(ms_to_next_check(), [this] { on_timer(); });
  if (is_over_ || is_full()) return;
  const int64_t now = now_ms();
  const bool is_busy = is_answering_ || !waiting_.empty();
  if (decoder_.is_mid_message() && now - received_ms_ >= connection_.limits().body_timeout_ms) {
    return close(CloseCode::kPolicyViolation, "the rest of the message did not arrive in time");
  }
  if (!is_busy && now - heard_ms_ >= limits_.idle_timeout_ms) {
    return close(CloseCode::kGoingAway, "nothing was heard for too long");
  }
  const bool is_silent = now - std::max(received_ms_, sent_ms_) >= limits_.ping_interval_ms;
  if (limits_.ping_interval_ms > 0 && is_silent && connection_.output().empty()) ping();
}

void WebsocketSession::ping() {
  if (unanswered_ == kUnansweredMax) {
    return close(CloseCode::kGoingAway, "pings were not answered");
  }
  ++unanswered_;
  sent_ms_ = now_ms();
  append_frame(connection_.output(), Opcode::kPing, {});
  connection_.flush_soon();
}

}  // namespace chatgate
