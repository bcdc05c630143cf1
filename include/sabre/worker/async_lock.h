// sabre/worker/async_lock.h: locks by name for threads that do not sleep.
#ifndef SABRE_WORKER_ASYNC_LOCK_H_
#define SABRE_WORKER_ASYNC_LOCK_H_

#include <optional>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "sabre/worker/locks.h"

namespace sabre {

namespace internal {
class PendingLock;
}  // namespace internal

// AsyncLock
//
// The promise of a Lock, by RequestLockAsync. Its result is what RequestLock would have returned.
//
//   sabre::RequestLockAsync("config").OnComplete([](absl::StatusOr<sabre::Lock> lock) { … });
//   absl::StatusOr<sabre::Lock> lock = co_await sabre::RequestLockAsync("config");
//
// Who runs the callback? The executor of the agent that requested (its EventLoop), which the request keeps
//   going, in a turn of its own: never the thread that lets go of the lock, nor the call itself.
// Who holds the lock? The callback, or the coroutine, by the Lock that it gets. What nobody takes is given back.
// What if this handle is destroyed? With a callback the request goes on; without one it is withdrawn. A
//   coroutine that is destroyed while it waits withdraws it.
// What if the executor ends? The request is withdrawn, or the lock given back. No callback runs; a coroutine
//   is resumed with kCancelled, in the executor's destructor.
//
// Thread-safety: belongs to the thread that requested. Blocking: never.
class [[nodiscard]] AsyncLock {
 public:
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Lock>) &&>;

  // Takes over a reference.
  explicit AsyncLock(internal::PendingLock& pending) noexcept : pending_(&pending) {}
  AsyncLock(AsyncLock&& other) noexcept : pending_(std::exchange(other.pending_, nullptr)) {}
  AsyncLock& operator=(AsyncLock&&) = delete;
  ~AsyncLock();

  // Runs `callback` with the result. To be called once.
  void OnComplete(Callback callback) &&;

  class Awaiter;
  Awaiter operator co_await() &&;

 private:
  friend class Awaiter;
  // Runs `resume` in a turn of the executor when the result is there, or in the executor's end.
  void ResumeWith(absl::AnyInvocable<void() &&> resume);
  absl::StatusOr<Lock> TakeResult();

  internal::PendingLock* pending_;  // null: moved from
};

// RequestLockAsync()
//
// RequestLock for threads that must not sleep, such as those of a user interface. `can_block` is of no
// meaning.
// Errors: as results. Also kFailedPrecondition if the executor of the thread is ending.
// Thread-safety: thread-safe. Blocking: no.
AsyncLock RequestLockAsync(std::string_view name, LockOptions options = {});

// What a coroutine keeps in its frame while it waits.
class AsyncLock::Awaiter {
 public:
  explicit Awaiter(AsyncLock&& lock) noexcept : lock_(std::move(lock)) {}
  Awaiter(const Awaiter&) = delete;
  Awaiter& operator=(const Awaiter&) = delete;

  bool await_ready() const noexcept { return false; }
  template <class CoroutineHandle>
  void await_suspend(CoroutineHandle handle) {
    lock_.ResumeWith([handle]() mutable { handle.resume(); });
  }
  absl::StatusOr<Lock> await_resume() { return lock_.TakeResult(); }

 private:
  AsyncLock lock_;
};

inline AsyncLock::Awaiter AsyncLock::operator co_await() && { return Awaiter(std::move(*this)); }

}  // namespace sabre

#endif  // SABRE_WORKER_ASYNC_LOCK_H_
