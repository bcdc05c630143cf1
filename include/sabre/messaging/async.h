// sabre/messaging/async.h: a coroutine that runs on an event loop.
#ifndef SABRE_MESSAGING_ASYNC_H_
#define SABRE_MESSAGING_ASYNC_H_

#include <coroutine>

namespace sabre {

namespace internal {

class LoopCore;

// AsyncPromise
//
// Knows the loop, and is known to it, so that what waits when the loop ends is destroyed. The loop's
// thread.
class AsyncPromise {
 public:
  AsyncPromise(const AsyncPromise&) = delete;
  AsyncPromise& operator=(const AsyncPromise&) = delete;

  std::suspend_never initial_suspend() const noexcept { return {}; }
  std::suspend_never final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  // Called where an exception is being handled.
  void unhandled_exception() const;

  static void DestroyAll(LoopCore& loop);

 protected:
  explicit AsyncPromise(std::coroutine_handle<> coroutine);
  ~AsyncPromise();

 private:
  const std::coroutine_handle<> coroutine_;
  LoopCore& loop_;
  AsyncPromise* earlier_ = nullptr;
  AsyncPromise* later_ = nullptr;
};

}  // namespace internal

// Async
//
// What a coroutine returns that belongs to nobody: it runs at the call until it waits for the first time,
// and goes on from the calling thread's event loop.
//
//   sabre::Async Echo(sabre::MessagePort port) {
//     for (;;) {
//       absl::StatusOr<sabre::MessageEvent> event = co_await port.Next();
//       if (!event.ok()) co_return;                                   // closed
//       if (absl::Status room = co_await port.Room(); !room.ok()) co_return;
//       port.PostMessage(event->value()).IgnoreError();
//     }
//   }
//   Echo(std::move(port));
//   sabre::EventLoop::Current().Run();
//
// Parameters are copied into the coroutine, references are not: what they name must live as long as it.
//   Who runs it?         The calling thread: first the caller, then its event loop.
//   Who destroys it?     Itself at its end; the loop, when it ends before.
//   What if it throws?   The exception goes on to whoever runs the loop, in its next turn.
//   What keeps it?       What it waits for: while co_await port.Next() is pending, Run goes on.
//   How is it stopped?   By what it waits for, as by the port's Close. A stop request of the thread ends
//                        Run; a co_await that has its turn after it says kCancelled.
//
// The awaitables of Sabre work in any other type of coroutine as well.
class Async {
 public:
  class promise_type : public internal::AsyncPromise {
   public:
    promise_type() : AsyncPromise(std::coroutine_handle<promise_type>::from_promise(*this)) {}
    Async get_return_object() const noexcept { return {}; }
  };
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_ASYNC_H_
