#include "common/clock.h"

#include <chrono>

namespace chatgate {
namespace {

template <class C>
int64_t ms_of() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(C::now().time_since_epoch()).count();
}

class SystemClock final : public Clock {
 public:
  Timestamp now() const override { return {ms_of<std::chrono::system_clock>()}; }
  int64_t steady_ms() const override { return ms_of<std::chrono::steady_clock>(); }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace chatgate
