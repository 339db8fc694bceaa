// Takes a stream of server-sent events apart (WHATWG HTML, 9.2.6) and hands out the data of each.
// One for one stream, used by one coroutine at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace chatgate {

class SseEvents {
 public:
  // Of an event with more data the rest is dropped.
  static constexpr size_t kDataBytesMax = 1 << 20;

  using Visit = std::function<void(std::string_view data)>;

  // Takes bytes in any split.
  void feed(std::string_view bytes, const Visit& visit);
  // At the end of the stream: an event that lacks only its blank line counts too.
  void finish(const Visit& visit);

 private:
  void end_line(const Visit& visit);
  void end_event(const Visit& visit);

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool was_carriage_return_ = false;
};

}  // namespace chatgate
