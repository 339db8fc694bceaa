// A coroutine moves from stack to stack, which a sanitizer must be told. Boost.Context tells it when compiled
// with BOOST_USE_ASAN or BOOST_USE_TSAN, over ucontext instead of assembly; the one function which that
// needs is left out of the packaged library. Linked into sanitizer builds only.

#include <boost/context/fiber.hpp>

namespace boost::context::detail {
namespace {

// The stack that a thread was started on, and the one that it runs on now.
struct ThreadStacks {
  fiber_activation_record main;
  fiber_activation_record* current = &main;
};

}  // namespace

fiber_activation_record*& fiber_activation_record::current() noexcept {
  thread_local ThreadStacks stacks;
  return stacks.current;
}

}  // namespace boost::context::detail
