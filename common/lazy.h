// A value that is made when somebody first asks for it, and then kept. Any thread may ask; those
// that come while it is being made wait for it.
#pragma once

#include <mutex>

namespace chatgate {

template <class T>
class Lazy {
 public:
  template <class Make>
  const T& get(const Make& make) const {
    std::call_once(once_, [&] { value_ = make(); });
    return value_;
  }

 private:
  mutable std::once_flag once_;
  mutable T value_;
};

}  // namespace chatgate
