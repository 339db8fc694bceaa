#include "server/transport/coroutine.h"

#include <sys/mman.h>
#include <unistd.h>
#include <boost/context/fiber.hpp>
#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define CHATGATE_ASAN 1
#else
#define CHATGATE_ASAN 0
#endif

namespace chatgate {
namespace {

namespace ctx = boost::context;

// Measured: a relayed stream touches about 12 KB. Sanitizers enlarge every frame.
constexpr size_t kStackBytes = CHATGATE_ASAN ? 512 * 1024 : 96 * 1024;
// Stacks kept for the next connections; more are unmapped, so that a past rush costs no memory.
constexpr size_t kSpareStacksMax = 64;

thread_local Coroutine* current_coroutine = nullptr;

size_t page_bytes() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

// Mapped stacks with an unreadable page below, so that an overrun faults instead of corrupting.
class StackPool {
 public:
  ~StackPool() {
    for (void* base : spare_) munmap(base, kStackBytes + page_bytes());
  }

  ctx::stack_context allocate() {
    void* base = nullptr;
    if (spare_.empty()) {
      base = mmap(nullptr, kStackBytes + page_bytes(), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
      if (base == MAP_FAILED) throw std::bad_alloc();
      if (mprotect(base, page_bytes(), PROT_NONE) != 0) {
        munmap(base, kStackBytes + page_bytes());
        throw std::bad_alloc();
      }
    } else {
      base = spare_.back();
      spare_.pop_back();
    }
    ctx::stack_context stack;
    stack.size = kStackBytes;
    stack.sp = static_cast<char*>(base) + page_bytes() + kStackBytes;
    return stack;
  }

  void deallocate(ctx::stack_context& stack) {
    void* base = static_cast<char*>(stack.sp) - kStackBytes - page_bytes();
    if (spare_.size() < kSpareStacksMax) {
      spare_.push_back(base);
    } else {
      munmap(base, kStackBytes + page_bytes());
    }
  }

 private:
  std::vector<void*> spare_;
};

// A coroutine begins and ends on its loop's thread, so the pool needs no lock.
thread_local StackPool stack_pool;

struct PooledStack {
  ctx::stack_context allocate() {
    auto stack = stack_pool.allocate();
    *bottom = static_cast<char*>(stack.sp) - stack.size;
    return stack;
  }
  void deallocate(ctx::stack_context& stack) { stack_pool.deallocate(stack); }
  const void** bottom;
};

}  // namespace

// The two sides of the switch. AddressSanitizer is told of every change of stack.
struct Coroutine::Switch {
  ctx::fiber coroutine;
  ctx::fiber loop;
  const void* stack_bottom = nullptr;
#if CHATGATE_ASAN
  const void* loop_bottom = nullptr;
  size_t loop_bytes = 0;
  void* loop_shadow = nullptr;
  void* coroutine_shadow = nullptr;
  void leave_loop() { __sanitizer_start_switch_fiber(&loop_shadow, stack_bottom, kStackBytes); }
  void enter_loop() { __sanitizer_finish_switch_fiber(loop_shadow, nullptr, nullptr); }
  void leave_coroutine(bool for_good) {
    __sanitizer_start_switch_fiber(for_good ? nullptr : &coroutine_shadow, loop_bottom, loop_bytes);
  }
  void enter_coroutine(bool first) {
    __sanitizer_finish_switch_fiber(first ? nullptr : coroutine_shadow, &loop_bottom, &loop_bytes);
  }
#else
  void leave_loop() {}
  void enter_loop() {}
  void leave_coroutine(bool) {}
  void enter_coroutine(bool) {}
#endif
};

Coroutine::Coroutine(EventLoop& loop, std::function<void()> body)
    : loop_(loop), body_(std::move(body)), switch_(std::make_unique<Switch>()) {
  switch_->coroutine = ctx::fiber(std::allocator_arg, PooledStack{&switch_->stack_bottom},
                                  [this](ctx::fiber&& loop_fiber) {
                                    switch_->loop = std::move(loop_fiber);
                                    switch_->enter_coroutine(true);
                                    body_();
                                    is_done_ = true;
                                    switch_->leave_coroutine(true);
                                    return std::move(switch_->loop);
                                  });
}

Coroutine::~Coroutine() = default;

Coroutine* Coroutine::current() { return current_coroutine; }

void Coroutine::spawn(EventLoop& loop, std::function<void()> body) {
  auto* coroutine = new Coroutine(loop, std::move(body));
  coroutine->resume();  // deletes itself when the body has returned
}

void Coroutine::resume() {
  assert(current_coroutine == nullptr);
  for (;;) {
    current_coroutine = this;
    switch_->leave_loop();
    switch_->coroutine = std::move(switch_->coroutine).resume();
    switch_->enter_loop();
    current_coroutine = nullptr;
    if (work_on_loop_stack_ == nullptr) break;
    (*std::exchange(work_on_loop_stack_, nullptr))();
  }
  if (is_done_) delete this;
}

void Coroutine::suspend() {
  assert(current_coroutine == this);
  switch_->leave_coroutine(false);
  switch_->loop = std::move(switch_->loop).resume();
  switch_->enter_coroutine(false);
}

void Coroutine::run_on_loop_stack(const std::function<void()>& work) {
  work_on_loop_stack_ = &work;
  suspend();
}

void Coroutine::release_unused_stack() {
  assert(current_coroutine == this);
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const auto bottom = reinterpret_cast<uintptr_t>(switch_->stack_bottom);
  const size_t page = page_bytes();
  // The page below may hold this call's own frames.
  const uintptr_t end = here / page * page - page;
  if (end > bottom) madvise(reinterpret_cast<void*>(bottom), end - bottom, MADV_DONTNEED);
}

bool Event::wait(int64_t timeout_ms) {
  if (!std::exchange(is_notified_, false)) {
    auto* self = Coroutine::current();
    assert(self != nullptr && waiter_ == nullptr);
    if (timeout_ms == 0) return false;
    Timer timer(self->loop());
    if (timeout_ms > 0) timer.set(timeout_ms, [this] { wake(); });
    waiter_ = self;
    self->suspend();
    return std::exchange(is_notified_, false);
  }
  return true;
}

void Event::notify() {
  is_notified_ = true;
  if (waiter_ == nullptr) return;
  if (Coroutine::current() == nullptr) {
    wake();
  } else {
    auto* waiter = std::exchange(waiter_, nullptr);
    waiter->loop().post([waiter] { waiter->resume(); });
  }
}

void Event::wake() {
  if (auto* waiter = std::exchange(waiter_, nullptr)) waiter->resume();
}

}  // namespace chatgate
