#include "server/grpc/grpc_exchange.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

// A call whose client takes `room` messages and then nothing.
class FakeCall final : public GrpcCall {
 public:
  struct Seen {
    std::vector<std::string> written;
    int cancels = 0;
    int ends = 0;
    GrpcEnd end;
    GrpcObserver* observer = nullptr;
    size_t room = 100;
  };
  explicit FakeCall(Seen& seen) : seen_(seen) {}
  void add_metadata(const std::string&, const std::string&) override {}
  void write(std::string_view response) override {
    if (seen_.written.size() >= seen_.room) return;
    seen_.written.emplace_back(response);
    seen_.observer->on_written(true);
  }
  void cancel() override {
    ++seen_.cancels;
    seen_.observer->on_cancelled();
    seen_.observer->on_written(false);
  }
  void finish(GrpcEnd end) override {
    ++seen_.ends;
    seen_.end = std::move(end);
  }

 private:
  Seen& seen_;
};

const MessageOrigin kOrigin{"192.0.2.1", "/chat.Chat/Ask", "GRPC", {}};

// What a route does with a call, on a loop of its own, until it has returned.
FakeCall::Seen answered_by(const std::function<void(GrpcExchange&)>& route, size_t room = 100,
                           bool is_cancelled = false) {
  EventLoop loop;
  FakeCall::Seen seen;
  seen.room = room;
  auto state = std::make_shared<GrpcCallState>(loop, std::make_unique<FakeCall>(seen),
                                               [](GrpcCallState&) {});
  seen.observer = state.get();
  if (is_cancelled) state->on_cancelled();
  loop.post([&] {
    Coroutine::spawn(loop, [&] {
      {
        GrpcExchange exchange(state, {1}, kOrigin, 5, nullptr, 1);
        route(exchange);
        exchange.finish_call();
      }
      loop.stop();
    });
  });
  loop.run();
  REQUIRE(seen.ends == 1);
  state->finish({});
  REQUIRE(seen.ends == 1);
  return seen;
}

void stream_three(GrpcExchange& exchange) {
  exchange.stream(200, {}, -1, [](BodySink& sink) {
    return sink.write(message_piece("a")) && sink.write(message_piece("b")) &&
           sink.write(message_piece("c"));
  });
}

using Messages = std::vector<std::string>;

TEST_CASE("A gRPC call ends with the status of its answer", "[grpc]") {
  auto seen = answered_by(stream_three);
  REQUIRE(seen.written == Messages{"a", "b", "c"});
  REQUIRE(seen.end.status == 0);

  seen = answered_by([](GrpcExchange& exchange) {
    exchange.answer(429, {{"retry-after-ms", "70"}, {"Other", "1"}}, "too many");
  });
  REQUIRE(seen.written == Messages{"<|err|>"});
  REQUIRE(seen.end.status == 8);
  REQUIRE(seen.end.message == "too many");
  REQUIRE(seen.end.trailer == GrpcMetadata{{"retry-after-ms", "70"}});

  seen = answered_by([](GrpcExchange& exchange) {
    exchange.stream(200, {}, -1, [](BodySink& sink) {
      return sink.write(message_piece("a")) && sink.write(error_piece(504, "too slow"));
    });
  });
  REQUIRE(seen.written == Messages{"a", "<|err|>"});
  REQUIRE(seen.end.status == 4);

  seen = answered_by([](GrpcExchange& exchange) {
    exchange.stream(200, {}, -1, [](BodySink&) { return false; });
  });
  REQUIRE(seen.written == Messages{"<|err|>"});
  REQUIRE(seen.end.status == 14);
}

TEST_CASE("A gRPC client that takes nothing is cancelled", "[grpc]") {
  const auto seen = answered_by(stream_three, 1);
  REQUIRE(seen.written == Messages{"a"});
  REQUIRE(seen.cancels == 1);
  REQUIRE(seen.end.status == 1);
}

TEST_CASE("A gRPC client that has left gets nothing, and the route is told", "[grpc]") {
  int told = 0;
  const auto seen = answered_by(
      [&](GrpcExchange& exchange) {
        exchange.on_client_gone([&] { ++told; });
        stream_three(exchange);
      },
      100, true);
  REQUIRE(told == 1);
  REQUIRE(seen.written.empty());
  REQUIRE(seen.end.status == 1);
}

TEST_CASE("A gRPC call without an end ends when nobody has it any more", "[grpc]") {
  EventLoop loop;
  FakeCall::Seen seen;
  auto state = std::make_shared<GrpcCallState>(loop, std::make_unique<FakeCall>(seen),
                                               [](GrpcCallState&) {});
  state->finish({14, "caf\xe9", {}});
  REQUIRE(seen.ends == 1);
  REQUIRE(seen.end.message == "caf\xef\xbf\xbd");
}

TEST_CASE("A gRPC peer's address is known as other doors know it", "[grpc]") {
  REQUIRE(ip_of_peer("ipv4:192.0.2.1:4711") == "192.0.2.1");
  REQUIRE(ip_of_peer("ipv6:%5B2001:db8::1%5D:4711") == "2001:db8::1");
  REQUIRE(ip_of_peer("ipv6:[2001:db8::1]:4711") == "2001:db8::1");
  REQUIRE(ip_of_peer("ipv6:%5B::ffff:192.0.2.1%5D:1") == "192.0.2.1");
  REQUIRE(ip_of_peer("unix:/tmp/x").empty());
  REQUIRE(ip_of_peer("").empty());
}

TEST_CASE("Every HTTP status has a gRPC status", "[grpc]") {
  REQUIRE(grpc_status_of(400) == 3);
  REQUIRE(grpc_status_of(401) == 16);
  REQUIRE(grpc_status_of(402) == 8);
  REQUIRE(grpc_status_of(403) == 7);
  REQUIRE(grpc_status_of(404) == 5);
  REQUIRE(grpc_status_of(429) == 8);
  REQUIRE(grpc_status_of(500) == 13);
  REQUIRE(grpc_status_of(502) == 14);
  REQUIRE(grpc_status_of(503) == 14);
  REQUIRE(grpc_status_of(504) == 4);
  for (int status = 100; status < 700; ++status) REQUIRE(grpc_status_of(status) != 0);
}

TEST_CASE("Texts for gRPC are UTF-8 whatever they were", "[grpc]") {
  REQUIRE(as_utf8("plain, \xe4\xbd\xa0\xe5\xa5\xbd") == "plain, \xe4\xbd\xa0\xe5\xa5\xbd");
  REQUIRE(as_utf8("\xe4\xbd") == "\xef\xbf\xbd");
  REQUIRE(as_utf8(std::string_view("a\0b", 3)) == std::string_view("a\0b", 3));
}

}  // namespace
}  // namespace chatgate
