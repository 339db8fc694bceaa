#include "server/transport/websocket/session.h"

#include <catch2/catch_all.hpp>
#include <memory>
#include <vector>

#include "tests/support/websocket_frames.h"

namespace chatgate {
namespace {

using Texts = std::vector<std::string>;

// The network's side, played by hand on the loop's own stack.
class PlayedConnection final : public UpgradedConnection {
 public:
  explicit PlayedConnection(EventLoop& loop) : loop_(loop) {}

  void receive(std::string_view bytes) {
    input_.append(bytes);
    if (listener_ != nullptr) listener_->on_input();
  }
  void receive_text(std::string text) { receive(bytes_of({.payload = std::move(text)})); }
  void leave() {
    is_over_ = true;
    if (auto* listener = std::exchange(listener_, nullptr)) listener->on_end();
  }
  void drain() {
    is_draining_ = true;
    listener_->on_drain();
  }
  void retire() {
    is_retiring_ = true;
    listener_->on_retire(0);
  }
  // What the client has got, close codes as `close CODE`.
  Texts take_sent();
  size_t unread_bytes() const { return input_.size(); }

  TransportLimits played_limits;

  EventLoop& loop() override { return loop_; }
  const TransportLimits& limits() const override { return played_limits; }
  RequestId next_request_id() override { return {1}; }
  AccessLog* access_log() override { return nullptr; }
  bool is_draining() const override { return is_draining_; }
  bool is_retiring() const override { return is_retiring_; }
  void listen(Listener& listener) override {
    listener_ = &listener;
    if (!input_.empty()) listener.on_input();
  }
  void stop_listening() override { listener_ = nullptr; }
  std::string_view unread() const override { return input_; }
  void consume(size_t bytes) override { input_.erase(0, bytes); }
  void receive_more() override {}
  std::string& output() override { return output_; }
  bool flush() override {
    sent_ += std::exchange(output_, {});
    return !is_over_;
  }
  void flush_soon() override { sent_ += std::exchange(output_, {}); }
  void cut() override { leave(); }

 private:
  EventLoop& loop_;
  Listener* listener_ = nullptr;
  std::string input_, output_, sent_;
  bool is_draining_ = false;
  bool is_retiring_ = false;
  bool is_over_ = false;
};

Texts PlayedConnection::take_sent() {
  Texts texts;
  std::string_view rest = sent_;
  while (!rest.empty()) {
    const auto opcode = static_cast<uint8_t>(rest[0]) & 15;
    const auto length = static_cast<uint8_t>(rest[1]);
    REQUIRE(length < 126);
    const auto payload = rest.substr(2, length);
    rest.remove_prefix(2 + length);
    if (opcode == 8) {
      const int high = static_cast<uint8_t>(payload[0]), low = static_cast<uint8_t>(payload[1]);
      texts.push_back("close " + std::to_string(high * 256 + low));
    } else {
      texts.push_back((opcode == 9 ? "ping" : opcode == 10 ? "pong " : "") + std::string(payload));
    }
  }
  sent_.clear();
  return texts;
}

// A session on a loop, and what a test does with it. `act` runs once the session waits.
struct Stage {
  EventLoop loop;
  PlayedConnection connection{loop};
  SessionLimits limits{1000, 0, 600'000};
  Event go_on;          // for an answer that waits
  Texts answered = {};  // the messages, in their order
  bool waits = false;   // whether an answer does
  int told_of_end = 0;  // how often an answer was told that its client is gone
  bool has_ended = false;

  void run(const std::function<void()>& act) {
    loop.post([&] {
      Coroutine::spawn(loop, [this] { serve(); });
      act();
    });
    loop.run();
  }

 private:
  void serve() {
    WebsocketSession session(connection, limits);
    session.run([&](std::string message) {
      session.on_client_gone([this] {
        ++told_of_end;
        go_on.notify();
      });
      if (waits) go_on.wait();
      session.send("re: " + message);
      session.flush();
      session.on_client_gone(nullptr);
      answered.push_back(std::move(message));
    });
    has_ended = true;
    loop.stop();
  }
};

std::string close_frame(int code) {
  return bytes_of({.opcode = 8, .payload = close_payload(code)});
}
std::string ping(std::string payload) {
  return bytes_of({.opcode = 9, .payload = std::move(payload)});
}

TEST_CASE("A session answers in order and closes as its client does", "[websocket]") {
  Stage stage;
  stage.run([&] {
    stage.connection.receive_text("a");
    CHECK(stage.connection.take_sent() == Texts{"re: a"});
    stage.connection.receive(bytes_of({.payload = "b"}) + ping("p") + bytes_of({.payload = "c"}));
    CHECK(stage.connection.take_sent() == Texts{"pong p", "re: b", "re: c"});
    stage.connection.receive(close_frame(4000));
  });
  CHECK(stage.connection.take_sent() == Texts{"close 4000"});
  CHECK(stage.answered == Texts{"a", "b", "c"});
  CHECK(stage.told_of_end == 0);
}

TEST_CASE("A session hears its client while an answer waits", "[websocket]") {
  Stage stage;
  stage.waits = true;
  stage.run([&] {
    stage.connection.receive_text("a");
    stage.connection.receive(ping("p"));
    stage.connection.receive_text("b");
    CHECK(stage.connection.take_sent() == Texts{"pong p"});
    stage.go_on.notify();
    CHECK(stage.connection.take_sent() == Texts{"re: a"});
    stage.go_on.notify();
    CHECK(stage.connection.take_sent() == Texts{"re: b"});
    stage.connection.receive(close_frame(1000));
  });
  CHECK(stage.told_of_end == 0);
}

TEST_CASE("An answer is told at once that its client is gone", "[websocket]") {
  const std::vector<std::pair<std::string, Texts>> ways{
      {close_frame(1001), {"close 1001"}},
      {bytes_of({.payload = "x", .is_masked = false}), {"close 1002"}},
      {ping("p") + close_frame(1000) + bytes_of({.payload = "late"}), {"pong p", "close 1000"}},
      {"", {}}};
  for (const auto& [bytes, said] : ways) {
    Stage stage;
    stage.waits = true;
    stage.run([&] {
      stage.connection.receive_text("a");
      stage.connection.receive_text("waits for its turn");
      bytes.empty() ? stage.connection.leave() : stage.connection.receive(bytes);
    });
    CHECK(stage.told_of_end == 1);
    CHECK(stage.connection.take_sent() == said);
    CHECK(stage.answered == Texts{"a"});
    CHECK(stage.has_ended);
  }
}

TEST_CASE("A session reads no more than a few messages ahead", "[websocket]") {
  Stage stage;
  stage.waits = true;
  Texts all;
  stage.run([&] {
    std::string bytes;
    for (int i = 0; i < 30; ++i) {
      all.push_back(std::to_string(i));
      bytes += bytes_of({.payload = all.back()});
    }
    stage.connection.receive(bytes);
    CHECK(stage.connection.unread_bytes() > bytes.size() / 2);
    for (int i = 0; i < 30; ++i) stage.go_on.notify();
    CHECK(stage.connection.unread_bytes() == 0);
    stage.connection.receive(close_frame(1000));
  });
  CHECK(stage.answered == all);
}

TEST_CASE("Stopping ends idle sessions, and busy ones after their answer", "[websocket]") {
  Stage idle;
  idle.run([&] {
    idle.connection.drain();
    CHECK(idle.connection.take_sent() == Texts{"close 1001"});
    CHECK_FALSE(idle.has_ended);
    idle.connection.receive(close_frame(1001));
  });
  Stage busy;
  busy.waits = true;
  busy.run([&] {
    busy.connection.receive_text("a");
    busy.connection.receive_text("b");
    busy.connection.drain();
    CHECK(busy.connection.take_sent().empty());
    busy.go_on.notify();
    CHECK(busy.connection.take_sent() == Texts{"re: a", "close 1001"});
    busy.connection.receive(close_frame(1001));
  });
  CHECK(busy.answered == Texts{"a"});
}

TEST_CASE("A session that another process could serve ends when it owes no answer", "[websocket]") {
  Stage idle;
  idle.run([&] {
    idle.connection.retire();
    CHECK(idle.connection.take_sent() == Texts{"close 1012"});
    idle.connection.receive(close_frame(1012));
  });
  Stage busy;
  busy.waits = true;
  busy.run([&] {
    busy.connection.receive_text("a");
    busy.connection.receive_text("b");
    busy.connection.retire();
    CHECK(busy.connection.take_sent().empty());
    busy.go_on.notify();
    CHECK(busy.connection.take_sent() == Texts{"re: a"});
    busy.go_on.notify();
    CHECK(busy.connection.take_sent() == Texts{"re: b", "close 1012"});
    busy.connection.receive(close_frame(1012));
  });
  CHECK(busy.answered == Texts{"a", "b"});
}

TEST_CASE("A session ends that is silent, or stops in the middle of a message", "[websocket]") {
  Stage silent;
  silent.limits.idle_timeout_ms = 200;
  silent.run([] {});
  CHECK(silent.connection.take_sent() == Texts{"close 1001"});
  Stage unanswered;
  unanswered.limits.ping_interval_ms = 100;
  unanswered.run([] {});
  CHECK(unanswered.connection.take_sent() == Texts{"ping", "ping", "close 1001"});
  Stage stuck;
  stuck.connection.played_limits.body_timeout_ms = 200;
  stuck.run([&] { stuck.connection.receive(bytes_of({.payload = "abc"}).substr(0, 8)); });
  CHECK(stuck.connection.take_sent() == Texts{"close 1008"});
}

TEST_CASE("What an upstream says is sent as UTF-8", "[websocket]") {
  EventLoop loop;
  PlayedConnection connection(loop);
  loop.post([&] {
    Coroutine::spawn(loop, [&] {
      WebsocketSession session(connection, {});
      session.run([&](const std::string&) {
        CHECK(
            session.send("a\xFF"
                         "b"));
      });
      loop.stop();
    });
    connection.receive_text("x");
    CHECK(connection.take_sent() == Texts{"a\xEF\xBF\xBD"
                                          "b"});
    connection.leave();
  });
  loop.run();
}

}  // namespace
}  // namespace chatgate
