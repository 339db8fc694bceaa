// Names to addresses without holding up the loop: a thread of its own asks the system for each
// name, and what it says is remembered for a while. Everything but the asking belongs to one loop's
// thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace chatgate {

class EventLoop;

class Resolver {
 public:
  // In the order in which they are to be tried. Empty: there are none, for the reason that comes
  // with them.
  using Addresses = std::vector<boost::asio::ip::address>;
  using Callback = std::function<void(const Addresses&, const std::string& failure)>;

  explicit Resolver(EventLoop& loop);
  ~Resolver();  // answers nobody any more; a thread that still asks ends by itself
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `host` is a name or an address without brackets. The callback comes at once if the answer is
  // known, else later on the loop's own stack.
  void resolve(const std::string& host, Callback callback);

  static constexpr int64_t kRememberedMs = 60'000;

 private:
  struct Remembered {
    Addresses addresses;
    int64_t until_ms = 0;
    std::vector<Callback> waiting;  // not empty: it is being asked for
  };
  struct Link;

  void ask(const std::string& host);
  void learn(const std::string& host, Addresses addresses, const std::string& failure);

  EventLoop& loop_;
  std::shared_ptr<Link> link_;  // to the threads that ask
  std::unordered_map<std::string, Remembered> hosts_;
};

}  // namespace chatgate
