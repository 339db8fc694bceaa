#include "server/upstream/direct/dial.h"

#include <algorithm>
#include <utility>

namespace chatgate {

namespace ip = boost::asio::ip;

Dial::Dial(EventLoop& loop, uint16_t port, Callback callback)
    : loop_(loop),
      port_(port),
      callback_(std::move(callback)),
      next_timer_(loop),
      whole_timer_(loop) {}

void Dial::start(Resolver& resolver, const std::string& host, int64_t timeout_ms) {
  whole_timer_.set(timeout_ms, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->finish(nullptr);
  });
  resolver.resolve(host, [weak = weak_from_this()](const Resolver::Addresses& addresses,
                                                   const std::string& failure) {
    const auto self = weak.lock();
    if (!self || !self->callback_) return;
    self->addresses_ = addresses;
    if (addresses.empty()) self->failure_ = failure;
    self->loop_.post([self] { self->try_next(); });
  });
}

void Dial::try_next() {
  if (!callback_) return;
  if (next_ == addresses_.size()) {
    if (attempts_.empty()) finish(nullptr);
    return;
  }
  const ip::tcp::endpoint endpoint(addresses_[next_++], port_);
  auto socket = std::make_unique<Socket>(loop_.io());
  auto* attempt = socket.get();
  attempts_.push_back(std::move(socket));
  attempt->async_connect(
      endpoint, [self = shared_from_this(), attempt](const boost::system::error_code& error) {
        self->on_attempt_ended(attempt, error);
      });
  if (next_ < addresses_.size()) {
    next_timer_.set(kNextAfterMs, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->try_next();
    });
  }
}

void Dial::on_attempt_ended(Socket* socket, const boost::system::error_code& error) {
  if (!callback_) return;
  const auto place = std::find_if(attempts_.begin(), attempts_.end(),
                                  [&](const auto& attempt) { return attempt.get() == socket; });
  auto owned = std::move(*place);
  attempts_.erase(place);
  if (!error) return finish(std::move(owned));
  failure_ = error.message();
  next_timer_.cancel();
  try_next();
}

void Dial::finish(std::unique_ptr<Socket> socket) {
  const auto callback = std::exchange(callback_, nullptr);
  if (!callback) return;
  cancel();
  callback(std::move(socket), failure_);
}

void Dial::cancel() {
  callback_ = nullptr;
  next_timer_.cancel();
  whole_timer_.cancel();
  attempts_.clear();  // closes them
}

}  // namespace chatgate
