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

// What the serve lock makes sure of: nobody needs a socket that is there already.
Result<void> check_place(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return refuse(path, reason_of(errno));
  }
  if (S_ISSOCK(status.st_mode)) return {};
  return fail(ErrorCode::kRefused,
              quote(path) + " is no socket, and is in the control socket's way: move it elsewhere");
}

Result<void> remove_stale(const std::string& path) {
  if (auto checked = check_place(path); !checked) return checked;
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return refuse(path, reason_of(errno));
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
                                                            ControlHandler handler,
                                                            TakeoverHandler takeover) {
  std::unique_ptr<ControlServer> server(
      new ControlServer(path, std::move(handler), std::move(takeover)));
  if (auto listening = server->listen(); !listening) {
    return tl::unexpected(std::move(listening.error()));
  }
  server->thread_ = std::thread([server = server.get()] { server->run(); });
  return server;
}

ControlServer::ControlServer(std::string path, ControlHandler handler, TakeoverHandler takeover)
    : path_(std::move(path)), handler_(std::move(handler)), takeover_(std::move(takeover)) {}

ControlServer::~ControlServer() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_event_, &one, sizeof one);
    thread_.join();
  }
  if (!bound_path_.empty()) ::unlink(bound_path_.c_str());
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
  if (auto checked = check_place(path_); !checked) return checked;
  stop_event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (stop_event_ < 0 || listener_ < 0) return refuse(path_, reason_of(errno));
  // Before it has a name: a socket's file gets the mode that the socket has, less the umask.
  if (::fchmod(listener_, kOwnerOnly) != 0) return refuse(path_, reason_of(errno));
  return bind();
}

// Beside its place first, so that at every moment somebody can be asked there. A path that leaves
// no room for that is simply replaced.
Result<void> ControlServer::bind() {
  std::string path = path_ + ".next";
  auto address = control_address(path);
  if (!address) {
    path = path_;
    address = control_address(path);
  }
  if (auto removed = remove_stale(path); !removed) return removed;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return refuse(path, reason_of(errno));
  }
  bound_path_ = path;
  if (::listen(listener_, kBacklog) != 0) return refuse(path, reason_of(errno));
  if (path == path_) return {};
  if (::rename(path.c_str(), path_.c_str()) != 0) return refuse(path_, reason_of(errno));
  bound_path_ = path_;
  return {};
}

// A second name first: the successor's socket will take the place of the first one. Where there can
// be no second name, this process is no longer found from then on.
void ControlServer::step_aside() {
  const std::string aside = aside_path_of(path_, ::getpid());
  ::unlink(aside.c_str());
  bound_path_ = ::link(path_.c_str(), aside.c_str()) == 0 ? aside : std::string();
}

void ControlServer::step_back() {
  const std::string aside = std::exchange(bound_path_, std::string());
  if (aside.empty()) return;
  // Two names of one socket are left as they are by rename.
  if (::rename(aside.c_str(), path_.c_str()) != 0) return;
  ::unlink(aside.c_str());
  bound_path_ = path_;
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
    const auto request = read_request(channel, socket);
    if (request && request->verb == ControlRequest::Verb::kTakeover && takeover_) {
      return takeover_(channel.release(), *request);
    }
    const auto answer = request.and_then(handler_);
    std::string text;
    if (answer) {
      for (const auto& running : *answer) text += format_control_line(running);
      text += format_control_done();
    } else {
      text = format_control_error(answer.error());
    }
    [[maybe_unused]] const auto written = channel.write(text);
  } catch (const std::exception& error) {
    log::error("control_failed", {{"reason", std::string_view(error.what())}});
  }
}

Result<ControlRequest> ControlServer::read_request(ControlChannel& channel, int socket) {
  if (!is_allowed(socket)) {
    return fail(ErrorCode::kRefused, "only the gateway's own user and root may ask");
  }
  const auto line = channel.read_line(kControlRequestBytesMax);
  if (!line) return tl::unexpected(line.error());
  return parse_control_request(line->value_or(""));
}

}  // namespace chatgate
