#include "server/grpc/grpc_acceptor.h"

#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

struct Pair {
  std::array<int, 2> ends{};
  Pair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0); }
  ~Pair() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  void close_first() { ::close(std::exchange(ends[0], -1)); }
};

TEST_CASE("Connections of gRPC are counted until gRPC closes them", "[grpc]") {
  ConnectionPlaces places;
  GrpcConnections connections(places);
  places.when_full([&] { connections.forget_closed(2); });
  const ConnectionLimits limits{3, 2};
  const auto admit = [&](int socket, const std::string& ip) {
    if (!places.take(ip, limits)) return false;
    connections.add(socket, ip);
    return true;
  };
  Pair one, two, three, four;
  REQUIRE(admit(one.ends[0], "192.0.2.1"));
  REQUIRE(admit(two.ends[0], "192.0.2.1"));
  REQUIRE_FALSE(admit(three.ends[0], "192.0.2.1"));
  REQUIRE(admit(three.ends[0], "192.0.2.2"));
  REQUIRE_FALSE(admit(four.ends[0], "192.0.2.3"));
  REQUIRE(connections.count() == 3);

  // Another socket under the same number is another connection.
  const int number = one.ends[0];
  one.close_first();
  REQUIRE(dup2(four.ends[0], number) == number);
  REQUIRE(connections.count() == 2);
  REQUIRE(admit(number, "192.0.2.1"));
  REQUIRE_FALSE(admit(four.ends[0], "192.0.2.1"));
  ::close(number);
  REQUIRE(connections.count() == 2);

  // A few looks at a time are enough to find all in the end.
  two.close_first();
  three.close_first();
  int tries = 0;
  while (!places.take("192.0.2.9", {1, 0})) REQUIRE(++tries < 3);
  REQUIRE(connections.count() == 0);
  places.give_back("192.0.2.9");
}

TEST_CASE("Connections of gRPC are cut, and those of others are not", "[grpc]") {
  ConnectionPlaces places;
  GrpcConnections connections(places);
  Pair mine, gone, other;
  for (const int socket : {mine.ends[0], gone.ends[0]}) {
    REQUIRE(places.take("192.0.2.1", {}));
    connections.add(socket, "192.0.2.1");
  }
  const int number = gone.ends[0];
  gone.close_first();
  REQUIRE(dup2(other.ends[0], number) == number);
  connections.cut();
  char byte = 0;
  REQUIRE(recv(mine.ends[1], &byte, 1, MSG_DONTWAIT) == 0);
  REQUIRE(recv(other.ends[1], &byte, 1, MSG_DONTWAIT) < 0);
  REQUIRE(send(other.ends[1], "x", 1, MSG_NOSIGNAL) == 1);
  ::close(number);
}

}  // namespace
}  // namespace chatgate
