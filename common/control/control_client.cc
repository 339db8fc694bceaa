#include "common/control/control_client.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "common/control/control_address.h"
#include "common/control/control_channel.h"
#include "common/store/open_store.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr int64_t kAnswerMsMax = 15'000;

Error describe_failure(int error_number, const std::string& database, const std::string& path) {
  if (error_number == ENOENT || error_number == ECONNREFUSED) {
    return {ErrorCode::kStoreUnavailable,
            "no gateway serves " + database + ": start it with `chatgate serve`"};
  }
  if (error_number == EACCES || error_number == EPERM) {
    return {ErrorCode::kRefused,
            "the gateway's socket " + quote(path) +
                " is for its own user and root alone: run this as one of them"};
  }
  return {ErrorCode::kStoreUnavailable,
          "the gateway's socket " + quote(path) +
              " cannot be used: " + std::generic_category().message(error_number)};
}

// Connected, and non-blocking from then on. `database`: as a person knows it.
Result<int> connect_to(const std::string& path, const std::string& database) {
  const auto address = control_address(path);
  if (!address) {
    return fail(ErrorCode::kStoreUnavailable,
                "the path " + quote(path) +
                    " is too long for a socket, so that no gateway listens there: serve the "
                    "database from a shorter path");
  }
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool is_connected =
      socket >= 0 &&
      ::connect(socket, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 &&
      ::fcntl(socket, F_SETFL, O_NONBLOCK) == 0;
  if (is_connected) return socket;
  auto failure = describe_failure(errno, database, path);
  if (socket >= 0) ::close(socket);
  return tl::unexpected(std::move(failure));
}

Result<std::vector<RunningRequest>> ask(int socket, const ControlRequest& request) {
  ControlChannel channel(socket, kAnswerMsMax);
  if (auto asked = channel.write(format_control_request(request)); !asked) {
    return tl::unexpected(std::move(asked.error()));
  }
  std::vector<RunningRequest> requests;
  for (;;) {
    auto line = channel.read_line(kControlLineBytesMax);
    if (!line) return tl::unexpected(std::move(line.error()));
    if (!*line) {
      return fail(ErrorCode::kSystem, "the gateway broke off its answer: try again");
    }
    auto parsed = parse_control_line(**line);
    if (!parsed) return tl::unexpected(std::move(parsed.error()));
    if (!*parsed) return requests;
    requests.push_back(std::move(**parsed));
  }
}

}  // namespace

Result<int> connect_to_gateway(std::string_view database_url) {
  return control_path_of(database_url).and_then([&](const std::string& path) {
    return connect_to(path, "the database " + quote(database_url));
  });
}

Result<std::vector<RunningRequest>> ask_gateway(std::string_view database_url,
                                                const ControlRequest& request) {
  return connect_to_gateway(database_url).and_then([&](int socket) {
    return ask(socket, request);
  });
}

Result<std::vector<RunningRequest>> ask_gateway_at(const std::string& path,
                                                   const ControlRequest& request) {
  return connect_to(path, quote(path)).and_then([&](int socket) { return ask(socket, request); });
}

}  // namespace chatgate
