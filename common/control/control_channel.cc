#include "common/control/control_channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "common/clock.h"

namespace chatgate {
namespace {

tl::unexpected<Error> broken(int error_number) {
  return fail(ErrorCode::kSystem,
              "the connection broke: " + std::generic_category().message(error_number));
}

bool must_wait(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK || error_number == EINTR;
}

}  // namespace

ControlChannel::ControlChannel(int socket, int64_t time_ms_max, int stop_event)
    : socket_(socket),
      stop_event_(stop_event),
      deadline_ms_(system_clock().steady_ms() + time_ms_max) {}

ControlChannel::~ControlChannel() {
  if (socket_ >= 0) ::close(socket_);
}

int ControlChannel::release() { return std::exchange(socket_, -1); }

Result<void> ControlChannel::wait(short events) const {
  const int64_t left_ms = deadline_ms_ - system_clock().steady_ms();
  std::array<pollfd, 2> watched{{{socket_, events, 0}, {stop_event_, POLLIN, 0}}};
  const int ready =
      left_ms > 0 ? ::poll(watched.data(), watched.size(), static_cast<int>(left_ms)) : 0;
  if (ready < 0 && errno != EINTR) return broken(errno);
  if (ready == 0) return fail(ErrorCode::kRequestTimeout, "the other side took too long");
  if (watched[1].revents != 0) return fail(ErrorCode::kSystem, "the gateway is stopping");
  return {};
}

Result<std::optional<std::string>> ControlChannel::read_line(size_t bytes_max) {
  size_t looked_at = 0;
  for (;;) {
    const size_t end = input_.find('\n', looked_at);
    if (end != std::string::npos && end <= bytes_max) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return std::optional(std::move(line));
    }
    if (input_.size() > bytes_max) {
      return fail(ErrorCode::kInvalidRequest,
                  "a line has more than " + std::to_string(bytes_max) + " bytes");
    }
    if (is_ended_ && input_.empty()) return std::optional<std::string>();
    if (is_ended_) return fail(ErrorCode::kInvalidRequest, "the connection ended within a line");
    looked_at = input_.size();
    std::array<char, 4096> bytes;
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got > 0) input_.append(bytes.data(), static_cast<size_t>(got));
    if (got == 0) is_ended_ = true;
    if (got >= 0) continue;
    if (!must_wait(errno)) return broken(errno);
    if (auto waited = wait(POLLIN); !waited) return tl::unexpected(std::move(waited.error()));
  }
}

Result<void> ControlChannel::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (!must_wait(errno)) return broken(errno);
    if (auto waited = wait(POLLOUT); !waited) return waited;
  }
  return {};
}

}  // namespace chatgate
