// Connects to the first address of a host that answers. When one is slow, the next is tried beside
// it, so that a dead address family costs a moment and not the whole time (RFC 8305). Everything
// belongs to one loop's thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/transport/event_loop.h"
#include "server/upstream/direct/resolver.h"

namespace chatgate {

class Dial : public std::enable_shared_from_this<Dial> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  // The connected socket, or why there is none. Once, and never out of `start`.
  using Callback = std::function<void(std::unique_ptr<Socket> socket, const std::string& failure)>;

  Dial(EventLoop& loop, uint16_t port, Callback callback);
  void start(Resolver& resolver, const std::string& host, int64_t timeout_ms);
  void cancel();  // the callback is not called any more

 private:
  static constexpr int64_t kNextAfterMs = 250;

  void try_next();
  void on_attempt_ended(Socket* socket, const boost::system::error_code& error);
  void finish(std::unique_ptr<Socket> socket);

  EventLoop& loop_;
  const uint16_t port_;
  Callback callback_;  // empty: it is over
  Resolver::Addresses addresses_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<Socket>> attempts_;
  std::string failure_ = "it took too long to connect";
  Timer next_timer_;
  Timer whole_timer_;
};

}  // namespace chatgate
