#include "server/control/control_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <filesystem>
#include <fstream>

#include "common/control/control_address.h"
#include "common/control/control_channel.h"
#include "common/control/control_client.h"
#include "common/store/open_store.h"
#include "tests/support/temp_folder.h"

namespace chatgate {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr const char* kDatabase = "books.db";

Result<std::vector<RunningRequest>> answer(const ControlRequest& request) {
  if (request.verb == ControlRequest::Verb::kKill && request.id.value != 5) {
    return fail(ErrorCode::kNotFound, "no such request");
  }
  std::vector<RunningRequest> requests(request.verb == ControlRequest::Verb::kKill ? 1 : 2'000);
  for (auto& each : requests) each.model = "gpt-4o";
  return requests;
}

struct Fixture {
  TempFolder folder;
  std::string path = control_path_of(kDatabase).value();
  std::unique_ptr<ControlServer> server = start();

  std::unique_ptr<ControlServer> start() const {
    auto started = ControlServer::start(path, answer);
    REQUIRE(started);
    return std::move(*started);
  }
  int connect() const {
    const auto address = *control_address(path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::fcntl(socket, F_SETFL, O_NONBLOCK) == 0);
    return socket;
  }
  // All that comes back for these bytes.
  std::string send(std::string_view bytes) const {
    ControlChannel channel(connect(), 10'000);
    [[maybe_unused]] const auto written = channel.write(bytes);  // it may stop listening early
    std::string answer;
    for (auto line = channel.read_line(1 << 20); line && *line; line = channel.read_line(1 << 20)) {
      answer += **line + "\n";
    }
    return answer;
  }
};

TEST_CASE_METHOD(Fixture, "a gateway is asked over its socket", "[control]") {
  const auto list = ask_gateway(kDatabase, {});
  REQUIRE(list);
  CHECK(list->size() == 2'000);
  CHECK(list->back().model == "gpt-4o");
  const auto killed = ask_gateway(kDatabase, {ControlRequest::Verb::kKill, {5}});
  REQUIRE(killed);
  CHECK(killed->size() == 1);
  const auto unknown = ask_gateway(kDatabase, {ControlRequest::Verb::kKill, {6}});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kNotFound);
}

TEST_CASE_METHOD(Fixture, "garbage is answered with an error, and the next is served",
                 "[control]") {
  for (const std::string& garbage : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\n"),
                                     std::string("{\"verb\":\"stop\"}\n"),
                                     std::string(4'000'000, 'x'), std::string("\0\1\2\n", 4)}) {
    const std::string text = send(garbage);
    CHECK_THAT(text, ContainsSubstring("\"error\"") && ContainsSubstring("message"));
  }
  CHECK(ask_gateway(kDatabase, {}));
}

TEST_CASE_METHOD(Fixture, "the socket is for its owner, and goes with the server", "[control]") {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  CHECK(S_ISSOCK(status.st_mode));
  CHECK((status.st_mode & 0777) == 0600);
  server.reset();
  CHECK_FALSE(std::filesystem::exists(path));
  const auto gone = ask_gateway(kDatabase, {});
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == ErrorCode::kStoreUnavailable);
  CHECK_THAT(gone.error().message, ContainsSubstring("chatgate serve"));
}

TEST_CASE_METHOD(Fixture, "a server ends although clients are silent", "[control]") {
  ControlChannel first(connect(), 1'000);
  ControlChannel second(connect(), 1'000);
  server.reset();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_METHOD(Fixture, "a dead gateway's socket is replaced, a file is not", "[control]") {
  server.reset();
  const auto address = *control_address(path);
  const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(dead);
  CHECK(ask_gateway(kDatabase, {}).error().code == ErrorCode::kStoreUnavailable);
  server = start();
  CHECK(ask_gateway(kDatabase, {}));
  server.reset();

  std::ofstream(path) << "precious";
  const auto refused = ControlServer::start(path, answer);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("no socket"));
  CHECK(std::filesystem::file_size(path) == 8);
}

TEST_CASE("a path that no socket can have is refused", "[control]") {
  const std::string path = "/tmp/" + std::string(200, 'x');
  const auto server = ControlServer::start(path + ".control", answer);
  REQUIRE_FALSE(server);
  CHECK_THAT(server.error().message, ContainsSubstring("too long"));
  CHECK_THAT(ask_gateway(path, {}).error().message, ContainsSubstring("too long"));
}

}  // namespace
}  // namespace chatgate
