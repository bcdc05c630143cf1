// sabre/memory/mutex.h: a lock in a cell of shared memory.
#ifndef SABRE_MEMORY_MUTEX_H_
#define SABRE_MEMORY_MUTEX_H_

#include <chrono>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/memory/lock_cell.h"
#include "sabre/memory/typed_array.h"

namespace sabre::atomics {

class UnlockToken;

// Mutex
//
// A lock that all threads with a view of the same cell share: wherever each of them calls Over, it is
// the same mutex. A cell of zero is an unlocked mutex; as long as a mutex is used, nothing else may write
// the cell. Copies name the same mutex and keep the buffer alive.
//
// Not recursive. Uncontended it costs one compare-exchange to lock and one to unlock, no system call.
// No waiter starves: who was woken and found that a newcomer had the lock is handed it the next time.
// A thread that ends while it holds the lock leaves it locked.
//
// It satisfies Lockable and TimedLockable, so std::lock_guard, std::unique_lock and std::scoped_lock work.
//
// Thread-safety: all members from any thread. Memory ordering: everything before an unlock happens before
//   the return of every later call that gets the lock.
// Spec: Atomics.Mutex of https://github.com/tc39/proposal-structs; docs/spec_differences.md.
class Mutex {
 public:
  // The mutex in `cells[index]`.
  // Errors: kInvalidArgument (TypeError) if the buffer is not shared, kOutOfRange (RangeError) if
  //   index >= cells.size().
  static absl::StatusOr<Mutex> Over(const Int32Array& cells, std::size_t index);

  // Takes the lock, sleeping until it can be had. The token unlocks it.
  // Errors: kFailedPrecondition (TypeError) if the calling thread holds it already, or if it would have
  //   to wait and may not (Agent::can_block); kCancelled if a stop was requested of the calling agent
  //   before the lock could be had.
  absl::StatusOr<UnlockToken> Lock() const;

  // The same, for at most `timeout`; zero and less do not wait. Without the lock: an empty token.
  // A waiter to whom the lock was handed has it, even if its time is up at that moment.
  absl::StatusOr<UnlockToken> LockIfAvailable(absl::Duration timeout) const;

  // Whether the calling thread holds it.
  bool HeldByCaller() const noexcept;

  // As std::mutex and std::timed_mutex. What they leave undefined aborts: to lock what the caller holds
  // (try_lock returns false), to unlock what it does not hold; so does a wait of a thread that may not
  // block. lock() returns when the caller has the lock and not before: a stop request does not end its
  // wait. try_lock_for and try_lock_until do return false early then.
  void lock() const;
  bool try_lock() const;
  void unlock() const;
  template <class Rep, class Period>
  bool try_lock_for(std::chrono::duration<Rep, Period> timeout) const {
    return TryLockFor(ToAbsl(timeout));
  }
  template <class Clock, class Duration>
  bool try_lock_until(std::chrono::time_point<Clock, Duration> deadline) const {
    const auto now = Clock::now();
    return TryLockFor(deadline <= now ? absl::ZeroDuration() : ToAbsl(deadline - now));
  }

  // Whether both name the same cell.
  friend bool operator==(const Mutex& a, const Mutex& b) noexcept { return a.cell_ == b.cell_; }

 private:
  friend class UnlockToken;
  friend class Condition;

  explicit Mutex(internal::LockCell cell) noexcept
      : cell_(static_cast<internal::LockCell&&>(cell)) {}

  bool TryLockFor(absl::Duration timeout) const;

  // Never shorter than `timeout`.
  template <class Rep, class Period>
  static absl::Duration ToAbsl(std::chrono::duration<Rep, Period> timeout) {
    constexpr std::chrono::duration<double> kCenturies = std::chrono::hours(24 * 365 * 200);
    if (std::chrono::duration<double>(timeout) >= kCenturies) return absl::InfiniteDuration();
    if (timeout <= timeout.zero()) return absl::ZeroDuration();
    return absl::FromChrono(std::chrono::ceil<std::chrono::nanoseconds>(timeout));
  }

  internal::LockCell cell_;
};

// UnlockToken
//
// The right to unlock a mutex, in the thread that has locked it. Empty, or it unlocks in its destructor.
//
// Thread-safety: belongs to its thread; to unlock in another one aborts.
// Spec: Atomics.Mutex.UnlockToken.
class [[nodiscard]] UnlockToken {
 public:
  // Empty.
  UnlockToken() noexcept = default;
  UnlockToken(UnlockToken&& other) noexcept
      : cell_(static_cast<internal::LockCell&&>(other.cell_)) {
    other.cell_ = internal::LockCell();
  }
  // Unlocks what it held before.
  UnlockToken& operator=(UnlockToken&& other) noexcept {
    if (this == &other) return *this;
    Unlock();
    cell_ = static_cast<internal::LockCell&&>(other.cell_);
    other.cell_ = internal::LockCell();
    return *this;
  }
  ~UnlockToken() { Unlock(); }

  // Whether it is not empty.
  bool locked() const noexcept { return !cell_.empty(); }

  // Unlocks the mutex and empties the token. Returns: false if it was empty. Blocking: no.
  bool Unlock() noexcept;

 private:
  friend class Mutex;
  friend class Condition;

  explicit UnlockToken(const internal::LockCell& cell) noexcept : cell_(cell) {}

  internal::LockCell cell_;
};

}  // namespace sabre::atomics

#endif  // SABRE_MEMORY_MUTEX_H_
