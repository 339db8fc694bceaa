#include "server/transport/message_exchange.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

const MessageOrigin kOrigin{"192.0.2.1", "/ws", "WEBSOCKET", {{"authorization", "Bearer x"}}};

// Writes down what goes out; takes `room` messages, then the client is gone.
class SeenMessages final : public MessageExchange {
 public:
  explicit SeenMessages(EventLoop& loop) : MessageExchange(loop, {1}, kOrigin, 5, nullptr) {}
  std::vector<std::string> sent;
  size_t room = 100;

 protected:
  bool send_message(std::string_view text) override { return keep(std::string(text)); }
  bool send_error(int status, std::string_view text) override {
    return keep(std::to_string(status) + " " + std::string(text));
  }
  void cut() override {}

 private:
  bool keep(std::string text) {
    if (sent.size() >= room) return false;
    sent.push_back(std::move(text));
    return true;
  }
};

using Sent = std::vector<std::string>;

TEST_CASE("A message exchange sends pieces as messages in any split", "[transport]") {
  EventLoop loop;
  const std::string bytes =
      message_piece("one") + message_piece("") + message_piece("t w o") + error_piece(502, "gone");
  for (size_t step = 1; step <= bytes.size(); ++step) {
    SeenMessages exchange(loop);
    exchange.stream(200, {}, -1, [&](BodySink& sink) {
      for (size_t at = 0; at < bytes.size(); at += step) {
        if (!sink.write(std::string_view(bytes).substr(at, step))) return false;
      }
      return sink.flush();
    });
    REQUIRE(exchange.sent.empty());
    REQUIRE(exchange.finish());
    REQUIRE(exchange.sent == Sent{"one", "", "t w o", "502 gone"});
  }
}

TEST_CASE("A message exchange answers at once where nothing is streamed", "[transport]") {
  EventLoop loop;
  SeenMessages whole(loop);
  whole.answer(200, {}, message_piece("all of it"));
  REQUIRE(whole.finish());
  REQUIRE(whole.sent == Sent{"all of it"});
  SeenMessages refused(loop);
  refused.answer(429, {}, "too many");
  REQUIRE(refused.finish());
  REQUIRE(refused.sent == Sent{"429 too many"});
}

TEST_CASE("A message exchange tells once that its client is gone", "[transport]") {
  EventLoop loop;
  SeenMessages exchange(loop);
  int told = 0;
  exchange.on_client_gone([&] { ++told; });
  exchange.room = 1;
  exchange.stream(200, {}, -1, [](BodySink& sink) {
    return sink.write(message_piece("a") + message_piece("b") + message_piece("c"));
  });
  REQUIRE_FALSE(exchange.finish());
  REQUIRE(exchange.sent == Sent{"a"});
  REQUIRE(told == 1);
  exchange.on_client_gone([&] { ++told; });  // it has gone already
  REQUIRE(told == 2);
}

TEST_CASE("A message exchange looks like a request with its client's headers", "[transport]") {
  EventLoop loop;
  SeenMessages exchange(loop);
  REQUIRE(exchange.head().header("Authorization") == "Bearer x");
  REQUIRE(exchange.head().method == "POST");
  REQUIRE(exchange.client_ip() == "192.0.2.1");
  REQUIRE(exchange.path() == "/ws");
}

}  // namespace
}  // namespace chatgate
