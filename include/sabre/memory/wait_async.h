// sabre/memory/wait_async.h: waiting for an element of shared memory to change without a thread that sleeps.
#ifndef SABRE_MEMORY_WAIT_ASYNC_H_
#define SABRE_MEMORY_WAIT_ASYNC_H_

#include <cstddef>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/memory/wait.h"

namespace sabre {

namespace internal {
class PendingWait;
}  // namespace internal

struct WaitAsyncOptions {
  // Whether the executor's Run goes on for the sake of this wait, until it is over.
  bool keep_alive = true;
  // A stop request there cancels the wait.
  std::stop_token stop_token = {};
};

// AsyncWait
//
// What atomics::WaitAsync returns: a result, or the promise of one. The result of a wait that was begun is
//   kOk                  a Notify counted it,
//   kTimedOut            nothing came in time,
//   absl::CancelledError Cancel was called, a stop was requested (of the options' token or of the agent's),
//                        the buffer or the executor ended; the message says which.
// A wait that is cancelled or timed out takes no notification from others: the two exclude each other.
//
//   co_await atomics::WaitAsync(cells, 0, 0)     in a coroutine of any type; resumes on the executor, also
//                                                when that ends. A named one: co_await std::move(wait)
//
// Who runs the callback? The executor of the agent that waits, in a turn of its own: never the thread that
//   notifies, nor the call that cancels. Waits that are woken run in the order of their list.
// Who destroys it? The executor's thread, after it ran; unrun if another callback takes its place, or the
//   executor ends.
// What if the handle is destroyed? The wait goes on, and its callback runs. Only a coroutine that is
//   destroyed while it awaits cancels its wait; a notification that had ended it goes to the next.
// What if the executor ends? The wait leaves the list, or its notification goes to the next. No callback
//   runs; a coroutine that awaits is resumed with kCancelled, in the thread of the executor's destructor
//   (with kOk, if a Notify was before the end).
//
// Thread-safety: belongs to the thread that waits. Blocking: never.
// Spec: the result objects of Atomics.waitAsync (https://tc39.es/ecma262/#sec-dowait).
class AsyncWait {
 public:
  using Result = absl::StatusOr<WaitResult>;
  using Callback = absl::AnyInvocable<void(Result) &&>;

  // A wait that was over at once.
  explicit AsyncWait(WaitResult immediate) noexcept : immediate_(immediate) {}
  // Takes over a reference.
  explicit AsyncWait(internal::PendingWait& pending) noexcept : pending_(&pending) {}
  AsyncWait(AsyncWait&& other) noexcept
      : immediate_(other.immediate_), pending_(std::exchange(other.pending_, nullptr)) {}
  AsyncWait& operator=(AsyncWait&& other) noexcept {
    std::swap(immediate_, other.immediate_);
    std::swap(pending_, other.pending_);
    return *this;
  }
  ~AsyncWait();

  // False: it did not wait, the result is here. True: the result comes, or has come, later.
  // Spec: the property `async`.
  bool async() const noexcept { return pending_ != nullptr; }

  // Empty while the wait is not over, as its executor knows it: a turn may lie between the Notify, or the
  // Cancel, and this. Spec: the property `value`.
  std::optional<Result> result() const;

  // Runs `callback` with the result, on the executor, also if it is known already. Until then another
  // callback replaces it; null takes it away.
  void OnComplete(Callback callback);

  // Ends the wait. False: it was over, and its result is what it was.
  bool Cancel();

  class Awaiter;
  Awaiter operator co_await() &&;

 private:
  // Runs `callback` when the wait is over or its executor ends. The wait is pending.
  void ResumeWith(Callback callback);
  void Forsake();

  WaitResult immediate_ = WaitResult::kNotEqual;
  internal::PendingWait* pending_ = nullptr;  // null: immediate_ is the result
};

// What a coroutine keeps in its frame while it awaits.
class AsyncWait::Awaiter {
 public:
  explicit Awaiter(AsyncWait&& wait) noexcept : wait_(std::move(wait)) {}
  Awaiter(const Awaiter&) = delete;
  Awaiter& operator=(const Awaiter&) = delete;
  ~Awaiter() {
    if (suspended_)
      wait_.Forsake();  // the coroutine is destroyed, and what would be resumed is gone
  }

  bool await_ready() const { return wait_.result().has_value(); }
  template <class CoroutineHandle>
  void await_suspend(CoroutineHandle handle) {
    suspended_ = true;
    wait_.ResumeWith([handle](const Result&) mutable { handle.resume(); });
  }
  Result await_resume() {
    suspended_ = false;
    return *wait_.result();
  }

 private:
  AsyncWait wait_;
  bool suspended_ = false;
};

inline AsyncWait::Awaiter AsyncWait::operator co_await() && { return Awaiter(std::move(*this)); }

namespace internal {
absl::StatusOr<AsyncWait> WaitOnCellAsync(const WaitCell& cell, absl::Duration timeout,
                                          const WaitAsyncOptions& options);
}  // namespace internal

namespace atomics {

// WaitAsync()
//
// Waits as Wait does, in the same queue as those that sleep, but returns at once; the result is delivered
// by the executor of the calling agent (its EventLoop). Legal where Wait is not, on agents that may not
// block.
//
// Args: as Wait. An element that differs, and then a timeout of zero or less, give a result at once.
// Lifetime: a pending wait does not keep the buffer alive: its end cancels the wait.
// Errors: an unshared buffer, a bad index, or a thread without an executor is a caller's bug: WaitAsync
//   aborts, TryWaitAsync returns kInvalidArgument (TypeError), kOutOfRange (RangeError) and
//   kFailedPrecondition, looked at in this order. kFailedPrecondition also from an executor that ends.
// Blocking: no. Memory ordering: everything before a Notify happens before the completion of the wait that
//   it woke.
// Spec: Atomics.waitAsync, DoWait (https://tc39.es/ecma262/#sec-atomics.waitasync).
template <WaitableElement T>
absl::StatusOr<AsyncWait> TryWaitAsync(const TypedArray<T>& cells, std::size_t index,
                                       Operand<T> expected,
                                       absl::Duration timeout = absl::InfiniteDuration(),
                                       const WaitAsyncOptions& options = {}) {
  absl::StatusOr<internal::WaitCell> cell = internal::ToWaitCell<T>(cells, index, expected.value());
  if (!cell.ok()) return std::move(cell).status();
  return internal::WaitOnCellAsync(*cell, timeout, options);
}
template <WaitableElement T>
AsyncWait WaitAsync(const TypedArray<T>& cells, std::size_t index, Operand<T> expected,
                    absl::Duration timeout = absl::InfiniteDuration(),
                    const WaitAsyncOptions& options = {}) {
  absl::StatusOr<AsyncWait> wait = TryWaitAsync(cells, index, expected, timeout, options);
  if (!wait.ok()) internal::BadWait(wait.status());
  return *std::move(wait);
}

}  // namespace atomics
}  // namespace sabre

#endif  // SABRE_MEMORY_WAIT_ASYNC_H_
