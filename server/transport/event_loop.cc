#include "server/transport/event_loop.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "common/clock.h"

namespace chatgate {

namespace asio = boost::asio;

struct EventLoop::Impl {
  // One thread runs the loop and uses its sockets; others only post. So the reactor needs no locks.
  asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::steady_timer ticker{io};
  std::chrono::steady_clock::time_point tick_due{};  // unset before the first
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()), now_ms_(system_clock().steady_ms()) {}
EventLoop::~EventLoop() = default;

asio::io_context& EventLoop::io() { return impl_->io; }

void EventLoop::run() {
  on_tick();
  impl_->io.run();
}

void EventLoop::stop() { impl_->io.stop(); }

void EventLoop::post(std::function<void()> task) { asio::post(impl_->io, std::move(task)); }

void EventLoop::on_tick() {
  if (impl_->tick_due != std::chrono::steady_clock::time_point{}) {
    const auto lateness = std::chrono::steady_clock::now() - impl_->tick_due;
    metrics_.lateness_ns.observe(std::chrono::nanoseconds(lateness).count());
  }
  now_ms_ = system_clock().steady_ms();
  const int64_t current = now_ms_ / kTickMs;
  // A loop that was held up catches up, looking into each slot at most once.
  const int64_t first = std::max(tick_ + 1, current - static_cast<int64_t>(kSlots) + 1);
  tick_ = current;
  for (int64_t tick = first; tick <= current; ++tick) {
    fire_due(wheel_[static_cast<size_t>(tick) % kSlots]);
  }
  schedule_tick();
}

void EventLoop::schedule_tick() {
  impl_->ticker.expires_after(std::chrono::milliseconds(kTickMs));
  impl_->tick_due = impl_->ticker.expiry();
  impl_->ticker.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_tick();
  });
}

void EventLoop::fire_due(ListLink& slot) {
  // The slot's timers move to a list of their own first: callbacks set and cancel timers, and one
  // that is cancelled meanwhile simply leaves that list.
  ListLink pending;
  if (slot.next != &slot) {
    pending.insert_before(slot);
    slot.unlink();
  }
  while (pending.next != &pending) {
    auto& timer = static_cast<Timer&>(*pending.next);
    timer.unlink();
    if (timer.due_tick_ > tick_) {
      insert(timer);
      continue;
    }
    auto callback = std::exchange(timer.callback_, nullptr);
    callback();
  }
}

void EventLoop::insert(Timer& timer) {
  timer.insert_before(wheel_[static_cast<size_t>(timer.due_tick_) % kSlots]);
}

void ListLink::unlink() {
  next->previous = previous;
  previous->next = next;
  next = previous = this;
}

void ListLink::insert_before(ListLink& place) {
  previous = place.previous;
  next = &place;
  place.previous->next = this;
  place.previous = this;
}

void Timer::set(int64_t delay_ms, std::function<void()> callback) {
  cancel();
  callback_ = std::move(callback);
  // From the coarse time, which may lag a tick: one more tick, so that none fires early.
  due_tick_ = (loop_.now_ms_ + delay_ms) / EventLoop::kTickMs + 2;
  loop_.insert(*this);
}

void Timer::cancel() { unlink(); }

}  // namespace chatgate
