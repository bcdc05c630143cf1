#include "sabre/messaging/async.h"

#include <exception>
#include <utility>

#include "lib/messaging/loop_core.h"
#include "sabre/messaging/event_loop.h"

namespace sabre::internal {

AsyncPromise::AsyncPromise(std::coroutine_handle<> coroutine)
    : coroutine_(coroutine), loop_(*EventLoop::Current().core()) {
  later_ = std::exchange(loop_.coroutines, this);
  if (later_ != nullptr) later_->earlier_ = this;
}

AsyncPromise::~AsyncPromise() {
  (earlier_ != nullptr ? earlier_->later_ : loop_.coroutines) = later_;
  if (later_ != nullptr) later_->earlier_ = earlier_;
}

void AsyncPromise::unhandled_exception() const {
  // Not from here: whoever has resumed the coroutine, or called it, has nothing to do with it.
  EventLoop::Current().Post(
      [thrown = std::current_exception()] { std::rethrow_exception(thrown); });
}

void AsyncPromise::DestroyAll(LoopCore& loop) {
  while (loop.coroutines != nullptr) loop.coroutines->coroutine_.destroy();
}

}  // namespace sabre::internal
