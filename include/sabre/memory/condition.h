// sabre/memory/condition.h: a condition variable in a cell of shared memory.
#ifndef SABRE_MEMORY_CONDITION_H_
#define SABRE_MEMORY_CONDITION_H_

#include <cstddef>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/memory/lock_cell.h"
#include "sabre/memory/mutex.h"
#include "sabre/memory/typed_array.h"

namespace sabre::atomics {

// Condition
//
// For threads that hold a Mutex and wait for a change of what it guards. The cell is the place where they
// wait; its value is neither read nor written. Copies name the same condition and keep the buffer alive.
//
//   absl::StatusOr<UnlockToken> token = mutex.Lock();
//   while (queue_is_empty()) {
//     if (absl::Status s = not_empty.Wait(*token); !s.ok()) return s;
//   }
//
// Waiters are notified in order of arrival; there are no spurious wake-ups. A waiter enters the queue
// before it unlocks the mutex, so a change that is made under the mutex and followed by Notify is never
// slept through.
//
// Thread-safety: all members from any thread. Memory ordering: everything before a Notify happens before
//   the return of every Wait that it ends.
// Spec: Atomics.Condition of https://github.com/tc39/proposal-structs; docs/spec_differences.md.
class Condition {
 public:
  // The condition at `cells[index]`. Errors: as Mutex::Over.
  static absl::StatusOr<Condition> Over(const Int32Array& cells, std::size_t index);

  // Unlocks the mutex of `token`, sleeps until a Notify, and locks it again, however long that lasts.
  // Whatever is returned, the mutex is locked again and `token` unlocks it.
  // Errors: kInvalidArgument (TypeError) if the token is empty; kFailedPrecondition (TypeError) if the
  //   calling thread may not block (Agent::can_block); kCancelled if a stop was requested of the calling
  //   agent before a Notify came. A token of another thread aborts.
  absl::Status Wait(UnlockToken& token) const;

  // The same, for at most `timeout`. Returns: whether a Notify ended the wait. The timeout bounds the
  // sleep; the mutex is locked again after it.
  absl::StatusOr<bool> WaitFor(UnlockToken& token, absl::Duration timeout) const;

  // Waits until `predicate`, which is called with the mutex locked, returns true, or until `timeout` has
  // passed. Returns: what the predicate returned last.
  absl::StatusOr<bool> WaitFor(UnlockToken& token, absl::Duration timeout,
                               const std::function<bool()>& predicate) const;

  // Wakes up to `count` of those that wait, the longest waiting first. Returns how many.
  // Blocking: no. The caller need not hold the mutex, if it held it for the change.
  std::size_t Notify(std::size_t count = SIZE_MAX) const;

  // Whether both name the same cell.
  friend bool operator==(const Condition& a, const Condition& b) noexcept {
    return a.cell_ == b.cell_;
  }

 private:
  explicit Condition(internal::LockCell cell) noexcept
      : cell_(static_cast<internal::LockCell&&>(cell)) {}

  internal::LockCell cell_;
};

}  // namespace sabre::atomics

#endif  // SABRE_MEMORY_CONDITION_H_
