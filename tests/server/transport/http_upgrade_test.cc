#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <catch2/catch_all.hpp>
#include <random>

#include "server/transport/http_listener.h"
#include "server/transport/loops.h"
#include "server/transport/upgraded_connection.h"
#include "server/transport/websocket/session.h"
#include "server/wire/error_envelope.h"
#include "tests/support/websocket_frames.h"

namespace chatgate {
namespace {

// A client that waits for what it reads, ten seconds at most.
class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // Until so many bytes are there, or the end.
  std::string read(size_t bytes) {
    std::string text(bytes, '\0');
    size_t have = 0;
    while (have < bytes) {
      const ssize_t got = ::recv(socket_, text.data() + have, bytes - have, 0);
      if (got <= 0) break;
      have += static_cast<size_t>(got);
    }
    text.resize(have);
    return text;
  }
  std::string read_head() {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const auto byte = read(1);
      if (byte.empty()) break;
      head += byte;
    }
    return head;
  }

 private:
  int socket_;
};

// A listener whose /echo is a WebSocket that says everything back, and all else a plain answer.
class Echo {
 public:
  Echo() {
    REQUIRE(listener_.listen("127.0.0.1:0"));
    loops_.start();
  }
  ~Echo() {
    listener_.close_all();
    while (listener_.open_connections() > 0) usleep(1000);
    loops_.stop();
  }
  uint16_t port() const { return listener_.port(); }
  HttpListener& listener() { return listener_; }
  int served() const { return served_; }

 private:
  void answer(HttpExchange& exchange) {
    if (exchange.path() != "/echo") return exchange.answer(200, {}, "plain");
    exchange.upgrade({{"Upgrade", "echo"}}, [this](UpgradedConnection& connection) {
      WebsocketSession session(connection, {1 << 20, 0, 600'000});
      session.run([&](const std::string& message) { session.send(message); });
      ++served_;
    });
  }

  std::atomic<int> served_ = 0;
  Loops loops_{1};
  RequestIds ids_{system_clock()};
  HttpListener listener_{loops_.all(), [this](HttpExchange& exchange) { answer(exchange); },
                         openai_dialect(), ids_, TransportLimits{}};
};

constexpr std::string_view kUpgrade = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";

void upgrade(RawClient& client) {
  REQUIRE(client.send(kUpgrade));
  const auto head = client.read_head();
  CHECK(head.starts_with("HTTP/1.1 101 "));
  CHECK(head.find("\r\nUpgrade: echo\r\n") != head.npos);
  CHECK(head.find("\r\nConnection: Upgrade\r\n") != head.npos);
  CHECK(head.find("Content-Length") == head.npos);
}

std::string said(std::string_view text) {
  std::string bytes;
  append_frame(bytes, Opcode::kText, text);
  return bytes;
}

TEST_CASE("A connection leaves HTTP for another protocol", "[transport]") {
  Echo echo;
  RawClient client(echo.port());
  REQUIRE(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  client.read_head();
  REQUIRE(client.read(5) == "plain");
  upgrade(client);
  for (const size_t size : {0, 5, 126, 100'000}) {
    const std::string text(size, 'x');
    REQUIRE(client.send(bytes_of({.payload = text})));
    CHECK(client.read(said(text).size()) == said(text));
  }
  REQUIRE(client.send(bytes_of({.opcode = 8, .payload = close_payload(1000)})));
  CHECK(client.read(100) == "\x88\x02\x03\xE8");
}

TEST_CASE("What comes right behind an upgrade is the new protocol's", "[transport]") {
  Echo echo;
  RawClient client(echo.port());
  REQUIRE(client.send(std::string(kUpgrade) + bytes_of({.payload = "early"})));
  client.read_head();
  CHECK(client.read(7) == said("early"));
}

TEST_CASE("Upgraded connections end with their client and with the listener", "[transport]") {
  Echo echo;
  {
    RawClient leaves(echo.port());
    upgrade(leaves);
  }
  RawClient stays(echo.port());
  upgrade(stays);
  echo.listener().drain();
  CHECK(stays.read(4).substr(2) == "\x03\xE9");
  REQUIRE(stays.send(bytes_of({.opcode = 8, .payload = close_payload(1001)})));
  stays.read(100);
  while (echo.served() < 2) usleep(1000);
}

TEST_CASE("An upgraded connection that takes nothing is not read from", "[transport]") {
  Echo echo;
  TransportLimits limits;
  limits.write_timeout_ms = 500;
  echo.listener().set_limits(limits);
  RawClient client(echo.port());
  upgrade(client);
  std::string pings;
  for (int i = 0; i < 1000; ++i) {
    pings += bytes_of({.opcode = 9, .payload = std::string(125, 'x')});
  }
  for (int i = 0; i < 400 && client.send(pings); ++i) {
  }
  while (echo.served() < 1) usleep(1000);  // it was cut off
}

TEST_CASE("Upgraded connections survive any bytes", "[transport]") {
  Echo echo;
  std::mt19937 random(Catch::getSeed());
  for (int i = 0; i < 200; ++i) {
    RawClient client(echo.port());
    std::string bytes(kUpgrade);
    for (auto left = random() % 5; left > 0; --left) {
      bytes += bytes_of({.opcode = static_cast<uint8_t>(random() % 16),
                         .payload = std::string(random() % 300, static_cast<char>(random())),
                         .is_final = random() % 4 != 0,
                         .is_masked = random() % 16 != 0});
    }
    const size_t cut = random() % (bytes.size() + 1);
    client.send(std::string_view(bytes).substr(0, cut));
    if (cut >= kUpgrade.size() && random() % 2 == 0) client.read_head();
  }
  RawClient well(echo.port());
  upgrade(well);
}

}  // namespace
}  // namespace chatgate
