#include "server/takeover/link.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <array>
#include <catch2/catch_all.hpp>
#include <thread>

#include "server/takeover/process_watch.h"
#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

using Kind = LinkMessage::Kind;

struct Fixture {
  std::unique_ptr<Link> left;
  std::unique_ptr<Link> right;

  Fixture() {
    const auto ends = pair();
    left = must(Link::make(ends[0]));
    right = must(Link::make(ends[1]));
  }
  static std::array<int, 2> pair() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return ends;
  }
};

TEST_CASE_METHOD(Fixture, "messages arrive in order, descriptors with them", "[takeover]") {
  std::array<int, 2> pipe_ends{};
  REQUIRE(::pipe(pipe_ends.data()) == 0);
  left->send({.kind = Kind::kOffer, .sockets = {{"http", "a", "b", false}}}, {pipe_ends[1]});
  left->send({.kind = Kind::kGo});
  ::close(pipe_ends[1]);
  const auto offer = must(right->receive(5'000));
  REQUIRE((offer && offer->kind == Kind::kOffer));
  const auto descriptors = right->take_descriptors();
  REQUIRE(descriptors.size() == 1);
  CHECK((::fcntl(descriptors[0], F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(::write(descriptors[0], "x", 1) == 1);
  char byte = 0;
  CHECK(::read(pipe_ends[0], &byte, 1) == 1);
  ::close(descriptors[0]);
  ::close(pipe_ends[0]);
  CHECK(must(right->receive(5'000))->kind == Kind::kGo);
  CHECK(right->take_descriptors().empty());
}

TEST_CASE_METHOD(Fixture, "whoever waits is woken, times out or learns of the end", "[takeover]") {
  CHECK(right->receive(1).error().code == ErrorCode::kRequestTimeout);
  right->wake();
  CHECK(right->receive(-1).error().code == ErrorCode::kInterrupted);
  std::thread waker([&] { right->wake(); });
  CHECK(right->receive(-1).error().code == ErrorCode::kInterrupted);
  waker.join();
  left->send({.kind = Kind::kBye});
  left.reset();
  CHECK(must(right->receive(-1))->kind == Kind::kBye);
  CHECK_FALSE(must(right->receive(-1)));
  right->send({.kind = Kind::kBye});  // to nobody
  CHECK_FALSE(right->flush(1'000));
}

TEST_CASE_METHOD(Fixture, "a slow peer holds no sender up and misses nothing", "[takeover]") {
  constexpr int kMessages = 20'000;  // far more than the kernel keeps
  for (int64_t i = 1; i <= kMessages; ++i) {
    left->send({.kind = Kind::kReserve, .number = i, .hold = {{i}, {1}, {1}}});
  }
  CHECK_FALSE(left->flush(1));
  std::thread sender([&] { CHECK(left->flush(60'000)); });
  for (int64_t i = 1; i <= kMessages; ++i) {
    const auto message = right->receive(60'000);
    REQUIRE((message && *message));
    REQUIRE((*message)->number == i);
  }
  sender.join();
}

TEST_CASE("garbage on a link is refused", "[takeover]") {
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\0\1\2\n", 4),
        std::string(kLinkLineBytesMax + 100'000, 'x')}) {
    const auto ends = Fixture::pair();
    auto link = must(Link::make(ends[0]));
    std::thread sender([&] {
      for (size_t sent = 0; sent < garbage.size();) {
        const ssize_t bytes =
            ::send(ends[1], garbage.data() + sent, garbage.size() - sent, MSG_NOSIGNAL);
        if (bytes <= 0) break;
        sent += static_cast<size_t>(bytes);
      }
    });
    const auto received = link->receive(20'000);
    REQUIRE_FALSE(received);
    CHECK(received.error().code == ErrorCode::kInvalidRequest);
    link.reset();
    sender.join();
    ::close(ends[1]);
  }
}

TEST_CASE("the peer of a link is known, and its end is noticed", "[takeover]") {
  const auto ends = Fixture::pair();
  auto link = must(Link::make(ends[0]));
  CHECK(link->peer_process() == ::getpid());
  ::close(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) ::pause();
  REQUIRE(child > 0);
  const auto watch = must(ProcessWatch::start(child));
  CHECK_FALSE(watch->has_ended(0));
  ::kill(child, SIGKILL);
  CHECK(watch->has_ended(20'000));  // although nobody has asked for its status yet
  ::waitpid(child, nullptr, 0);
  CHECK_FALSE(ProcessWatch::start(0));
}

}  // namespace
}  // namespace chatgate
