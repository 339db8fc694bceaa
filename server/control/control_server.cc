#include "server/control/control_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "common/control/control_address.h"
#include "common/control/control_channel.h"
#include "common/log/log.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr int kBacklog = 16;
constexpr int64_t kConnectionMsMax = 5'000;
constexpr int64_t kAcceptPauseMs = 200;
constexpr mode_t kOwnerOnly = 0600;

tl::unexpected<Error> refuse(const std::string& path, const std::string& why) {
  return fail(ErrorCode::kSystem, "the control socket " + quote(path) + " cannot be used: " + why);
}

std::string reason_of(int error_number) { return std::generic_category().message(error_number); }

// What the serve lock makes sure of: nobody listens on a socket that is there already.
Result<void> remove_stale(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return refuse(path, reason_of(errno));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return fail(
        ErrorCode::kRefused,
        quote(path) + " is no socket, and is in the control socket's way: move it elsewhere");
  }
  if (::unlink(path.c_str()) != 0) return refuse(path, reason_of(errno));
  return {};
}

bool is_allowed(int socket) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
         (peer.uid == ::geteuid() || peer.uid == 0);
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(const std::string& path,
                                                            ControlHandler handler) {
  std::unique_ptr<ControlServer> server(new ControlServer(path, std::move(handler)));
  if (auto listening = server->listen(); !listening) {
    return tl::unexpected(std::move(listening.error()));
  }
  server->thread_ = std::thread([server = server.get()] { server->run(); });
  return server;
}

ControlServer::ControlServer(std::string path, ControlHandler handler)
    : path_(std::move(path)), handler_(std::move(handler)) {}

ControlServer::~ControlServer() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_event_, &one, sizeof one);
    thread_.join();
  }
  if (is_bound_) ::unlink(path_.c_str());
  if (listener_ >= 0) ::close(listener_);
  if (stop_event_ >= 0) ::close(stop_event_);
}

Result<void> ControlServer::listen() {
  const auto address = control_address(path_);
  if (!address) {
    return fail(ErrorCode::kRefused, "the path " + quote(path_) +
                                         " is too long for a socket: `chatgate inflight` needs "
                                         "the database at a shorter path");
  }
  if (auto removed = remove_stale(path_); !removed) return removed;
  stop_event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (stop_event_ < 0 || listener_ < 0) return refuse(path_, reason_of(errno));
  // Before it has a name: a socket's file gets the mode that the socket has, less the umask.
  if (::fchmod(listener_, kOwnerOnly) != 0) return refuse(path_, reason_of(errno));
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return refuse(path_, reason_of(errno));
  }
  is_bound_ = true;
  if (::listen(listener_, kBacklog) != 0) return refuse(path_, reason_of(errno));
  return {};
}

bool ControlServer::stops_within(int64_t ms) const {
  pollfd watched{stop_event_, POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(ms)) > 0;
}

void ControlServer::run() {
  while (!stops_within(0)) {
    std::array<pollfd, 2> watched{{{listener_, POLLIN, 0}, {stop_event_, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0 || watched[0].revents == 0) continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      serve(socket);
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      log::warn("cannot_accept_control", {{"reason", std::string_view(reason_of(errno))}});
      if (stops_within(kAcceptPauseMs)) return;
    }
  }
}

// Whoever does not take the answer is left alone.
void ControlServer::serve(int socket) const {
  try {
    ControlChannel channel(socket, kConnectionMsMax, stop_event_);
    const auto answer = [&]() -> Result<std::vector<RunningRequest>> {
      if (!is_allowed(socket)) {
        return fail(ErrorCode::kRefused, "only the gateway's own user and root may ask");
      }
      const auto line = channel.read_line(kControlRequestBytesMax);
      if (!line) return tl::unexpected(line.error());
      return parse_control_request(line->value_or("")).and_then(handler_);
    }();
    std::string text;
    if (answer) {
      for (const auto& request : *answer) text += format_control_line(request);
      text += format_control_done();
    } else {
      text = format_control_error(answer.error());
    }
    [[maybe_unused]] const auto written = channel.write(text);
  } catch (const std::exception& error) {
    log::error("control_failed", {{"reason", std::string_view(error.what())}});
  }
}

}  // namespace chatgate
