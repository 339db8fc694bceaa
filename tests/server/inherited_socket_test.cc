#include "server/inherited_socket.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("sockets are told apart by their names") {
  const auto sockets = name_sockets("3", "admin:http:grpc");
  REQUIRE(sockets);
  REQUIRE(sockets->size() == 3);
  CHECK(sockets->at("admin").descriptor == 3);
  CHECK(sockets->at("http").descriptor == 4);
  CHECK(sockets->at("grpc").descriptor == 5);
  CHECK(sockets->at("http").is_activated);
}

TEST_CASE("a single socket without a name of ours is http") {
  for (const char* names : {"", "http", "chatgate.socket", "unknown", "a:b:c", ":"}) {
    INFO(names);
    const auto sockets = name_sockets("1", names);
    REQUIRE(sockets);
    REQUIRE(sockets->size() == 1);
    CHECK(sockets->at("http").descriptor == 3);
  }
  const auto admin = name_sockets("1", "admin");
  REQUIRE(admin);
  CHECK(admin->contains("admin"));
  CHECK(name_sockets("0", "")->empty());
}

TEST_CASE("sockets that their names do not tell apart are refused") {
  for (const auto& [count, names] :
       {std::pair("2", ""), std::pair("2", "http"), std::pair("2", "http:http"),
        std::pair("2", "http:chatgate.socket"), std::pair("3", "http:admin"), std::pair("2", ":"),
        std::pair("-1", "http"), std::pair("1x", "http"), std::pair("", "http"),
        std::pair("99999999999999999999", "http"), std::pair("65", "http")}) {
    INFO(count << " " << names);
    const auto sockets = name_sockets(count, names);
    REQUIRE_FALSE(sockets);
    CHECK(sockets.error().code == ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace chatgate
