#include "server/takeover/link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/clock.h"

namespace chatgate {
namespace {

constexpr size_t kDescriptorsMax = 16;
constexpr size_t kReadBytes = 16 << 10;

bool must_wait(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK || error_number == EINTR;
}

union DescriptorBuffer {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsMax)> bytes;
};

}  // namespace

Result<std::unique_ptr<Link>> Link::make(int socket) {
  const int wake_event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_event < 0 || ::fcntl(socket, F_SETFL, O_NONBLOCK) != 0) {
    if (wake_event >= 0) ::close(wake_event);
    ::close(socket);
    return fail(ErrorCode::kSystem, "too many files are open");
  }
  return std::unique_ptr<Link>(new Link(socket, wake_event));
}

Link::~Link() {
  ::close(socket_);
  ::close(wake_event_);
  for (const int descriptor : descriptors_) ::close(descriptor);
}

void Link::send(const LinkMessage& message, const std::vector<int>& descriptors) {
  send_line(format_link_message(message), descriptors);
}

void Link::send_line(std::string line, const std::vector<int>& descriptors) {
  Outgoing outgoing{std::move(line), descriptors};
  const std::lock_guard lock(mutex_);
  if (is_broken_) return;
  if (waiting_.empty() && send_some(outgoing)) return;
  waiting_.push_back(std::move(outgoing));
  wake();  // the receiving thread watches for room
}

// True when all of it is gone, or nothing can be sent any more.
bool Link::send_some(Outgoing& outgoing) {
  while (!outgoing.bytes.empty()) {
    iovec piece{outgoing.bytes.data(), outgoing.bytes.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    DescriptorBuffer buffer{};
    if (!outgoing.descriptors.empty()) {
      const size_t bytes = sizeof(int) * outgoing.descriptors.size();
      message.msg_control = &buffer;
      message.msg_controllen = CMSG_SPACE(bytes);
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(bytes);
      std::memcpy(CMSG_DATA(header), outgoing.descriptors.data(), bytes);
    }
    const ssize_t sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      outgoing.descriptors.clear();
      outgoing.bytes.erase(0, static_cast<size_t>(sent));
    } else if (errno == EINTR) {
      continue;
    } else if (must_wait(errno)) {
      return false;
    } else {
      is_broken_ = true;
      waiting_.clear();
      return true;
    }
  }
  return true;
}

void Link::send_waiting() {
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty()) {
    Outgoing first = std::move(waiting_.front());
    waiting_.pop_front();
    if (send_some(first)) continue;
    waiting_.push_front(std::move(first));
    return;
  }
}

bool Link::flush(int64_t timeout_ms) {
  const int64_t deadline_ms = system_clock().steady_ms() + timeout_ms;
  for (;;) {
    send_waiting();
    {
      const std::lock_guard lock(mutex_);
      if (is_broken_) return false;
      if (waiting_.empty()) return true;
    }
    const int64_t left_ms = deadline_ms - system_clock().steady_ms();
    pollfd watched{socket_, POLLOUT, 0};
    if (left_ms <= 0 || ::poll(&watched, 1, static_cast<int>(left_ms)) == 0) return false;
  }
}

Result<std::optional<LinkMessage>> Link::receive(int64_t timeout_ms) {
  auto line = receive_line(timeout_ms);
  if (!line) return tl::unexpected(std::move(line.error()));
  if (!*line) return std::optional<LinkMessage>();
  return parse_link_message(**line).map(
      [](LinkMessage message) { return std::optional(std::move(message)); });
}

Result<std::optional<std::string>> Link::receive_line(int64_t timeout_ms) {
  const int64_t deadline_ms = system_clock().steady_ms() + timeout_ms;
  size_t looked_at = 0;
  for (;;) {
    const size_t end = input_.find('\n', looked_at);
    if (end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return std::optional(std::move(line));
    }
    looked_at = input_.size();
    if (looked_at > kLinkLineBytesMax) {
      return fail(ErrorCode::kInvalidRequest, "the other process sends too long a line");
    }
    if (is_ended_) return std::optional<std::string>();
    if (read_some()) continue;
    const int64_t left_ms =
        timeout_ms < 0 ? -1 : std::max<int64_t>(deadline_ms - system_clock().steady_ms(), 0);
    if (auto waited = wait(left_ms); !waited) return tl::unexpected(std::move(waited.error()));
  }
}

// For bytes to read, or for room for those that wait.
Result<void> Link::wait(int64_t timeout_ms) {
  send_waiting();
  bool has_waiting = false;
  {
    const std::lock_guard lock(mutex_);
    has_waiting = !waiting_.empty();
  }
  const auto events = static_cast<short>(has_waiting ? POLLIN | POLLOUT : POLLIN);
  std::array<pollfd, 2> watched{{{socket_, events, 0}, {wake_event_, POLLIN, 0}}};
  const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(timeout_ms));
  if (ready == 0) return fail(ErrorCode::kRequestTimeout, "the other process took too long");
  if (ready < 0 || watched[1].revents == 0) return {};
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_event_, &count, sizeof count);
  return fail(ErrorCode::kInterrupted, "woken");
}

// False when nothing is there.
bool Link::read_some() {
  std::array<char, kReadBytes> bytes;
  iovec piece{bytes.data(), bytes.size()};
  DescriptorBuffer buffer{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = &buffer;
  message.msg_controllen = sizeof buffer;
  const ssize_t got = ::recvmsg(socket_, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (got < 0 && must_wait(errno)) return errno == EINTR;
  if (got <= 0) {
    is_ended_ = true;
    return true;
  }
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const size_t before = descriptors_.size();
    descriptors_.resize(before + count);
    std::memcpy(descriptors_.data() + before, CMSG_DATA(header), count * sizeof(int));
  }
  input_.append(bytes.data(), static_cast<size_t>(got));
  return true;
}

std::vector<int> Link::take_descriptors() { return std::exchange(descriptors_, {}); }

void Link::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_event_, &one, sizeof one);
}

void Link::shut() { ::shutdown(socket_, SHUT_RDWR); }

int Link::peer_process() const {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return ::getsockopt(socket_, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 ? peer.pid : 0;
}

}  // namespace chatgate
