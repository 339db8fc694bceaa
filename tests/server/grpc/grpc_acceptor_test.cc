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
  GrpcConnections connections;
  GrpcConnectionLimits limits;
  limits.connections_max = 3;
  limits.connections_per_ip_max = 2;
  Pair one, two, three, four;
  REQUIRE(connections.admit(one.ends[0], "192.0.2.1", limits));
  REQUIRE(connections.admit(two.ends[0], "192.0.2.1", limits));
  REQUIRE_FALSE(connections.admit(three.ends[0], "192.0.2.1", limits));
  REQUIRE(connections.admit(three.ends[0], "192.0.2.2", limits));
  REQUIRE_FALSE(connections.admit(four.ends[0], "192.0.2.3", limits));
  REQUIRE(connections.count() == 3);

  // Another socket under the same number is another connection.
  const int number = one.ends[0];
  one.close_first();
  REQUIRE(dup2(four.ends[0], number) == number);
  REQUIRE(connections.count() == 2);
  REQUIRE(connections.admit(number, "192.0.2.1", limits));
  REQUIRE_FALSE(connections.admit(four.ends[0], "192.0.2.1", limits));
  ::close(number);
  REQUIRE(connections.count() == 2);
}

TEST_CASE("Connections of gRPC are cut, and those of others are not", "[grpc]") {
  GrpcConnections connections;
  Pair mine, gone, other;
  REQUIRE(connections.admit(mine.ends[0], "192.0.2.1", {}));
  REQUIRE(connections.admit(gone.ends[0], "192.0.2.1", {}));
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
