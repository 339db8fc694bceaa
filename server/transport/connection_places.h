// How many connections clients may have at a time: one count for all listeners that share it. Any
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace chatgate {

struct ConnectionLimits {
  int64_t connections_max = 20'000;    // 0: no limit
  int64_t connections_per_ip_max = 0;  // likewise
};

class ConnectionPlaces {
 public:
  // A place for one more connection of this address, or false. Each true is followed by one
  // give_back.
  bool take(const std::string& ip, const ConnectionLimits& limits);
  void give_back(const std::string& ip);

  // For connections whose end nobody is told of: `look` gives the places of some of them back. It
  // is called before a place is refused, by the thread that wants it. REQUIRES: no place was taken
  // yet.
  void when_full(std::function<void()> look) { look_ = std::move(look); }

 private:
  bool try_to_take(const std::string& ip, const ConnectionLimits& limits);

  std::function<void()> look_;  // may be empty
  std::mutex mutex_;
  int64_t count_ = 0;
  std::unordered_map<std::string, int64_t> per_ip_;  // none is 0
};

}  // namespace chatgate
