// sabre/memory/wait.h: sleeping until an element of shared memory changes.
#ifndef SABRE_MEMORY_WAIT_H_
#define SABRE_MEMORY_WAIT_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/memory/element.h"
#include "sabre/memory/typed_array.h"

namespace sabre {

// How atomics::Wait ended.
enum class WaitResult : std::uint8_t {
  kOk,          // a Notify woke it
  kNotEqual,    // the element differed: it did not wait
  kTimedOut,    // nothing came in time
  kTerminated,  // a stop was requested of the waiting agent
};

namespace internal {
class DataBlock;

// Wait and Notify once the element type is gone: the element is `size` bytes at `byte_index`.
WaitResult WaitOnCell(DataBlock& block, std::size_t byte_index, std::size_t size,
                      std::int64_t expected, absl::Duration timeout);
std::size_t NotifyCell(DataBlock& block, std::size_t byte_index, std::size_t count);
absl::Status CheckMayWait(ViewKind kind, bool shared);
[[noreturn]] void BadWait(const absl::Status& status) noexcept;
}  // namespace internal

namespace atomics {

// As `count` of Notify: all that wait.
inline constexpr std::size_t kAll = SIZE_MAX;

// Wait()
//
// Sleeps while `cells[index]` is `expected`, until another thread calls Notify on the same location of
// the same block, or `timeout` passes. The comparison and the decision to sleep are one step: a Store
// that is followed by Notify is never slept through, and a Store without Notify wakes nobody.
//
// Args:
//   cells:    over a SharedArrayBuffer; int32_t or int64_t elements.
//   index:    in elements, in [0, cells.size()).
//   expected: what the element is compared with, before the timeout is looked at.
//   timeout:  relative; zero and less do not sleep, absl::InfiniteDuration() never ends.
// Returns: kOk if and only if a Notify counted this waiter.
// Errors: a bad index, an unshared buffer, or a thread that may not block (Agent::can_block) is a
//   caller's bug: Wait aborts, TryWait returns kOutOfRange (RangeError), kInvalidArgument (TypeError)
//   and kFailedPrecondition (TypeError), looked at in this order: shared, index, value, timeout, agent.
// Blocking: yes. Cancellation: a stop request to the calling agent ends the wait with kTerminated.
// Memory ordering: everything before a Notify happens before the return of the Wait it woke.
// Spec: Atomics.wait, DoWait (https://tc39.es/ecma262/#sec-atomics.wait).
template <WaitableElement T>
absl::StatusOr<WaitResult> TryWait(const TypedArray<T>& cells, std::size_t index,
                                   std::type_identity_t<T> expected,
                                   absl::Duration timeout = absl::InfiniteDuration()) {
  if (cells.shared() && index >= cells.size()) return cells.IndexError(index);
  if (absl::Status may = internal::CheckMayWait(TypedArray<T>::kKind, cells.shared()); !may.ok()) {
    return may;
  }
  return internal::WaitOnCell(*cells.buffer().shared_array_buffer()->data_block(),
                              cells.byte_offset() + index * sizeof(T), sizeof(T), expected,
                              timeout);
}
template <WaitableElement T>
WaitResult Wait(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> expected,
                absl::Duration timeout = absl::InfiniteDuration()) {
  absl::StatusOr<WaitResult> result = TryWait(cells, index, expected, timeout);
  if (!result.ok()) internal::BadWait(result.status());
  return *result;
}

// Notify()
//
// Wakes up to `count` of those that wait on this location, the longest waiting first. Returns how many.
// Over an unshared buffer nobody can wait: 0.
//
// Errors: a bad index is a caller's bug: Notify aborts, TryNotify returns kOutOfRange (RangeError).
// Blocking: no. With nobody waiting on the block: a fence and a load, no system call.
// Spec: Atomics.notify (https://tc39.es/ecma262/#sec-atomics.notify).
template <WaitableElement T>
std::size_t UnsafeNotify(const TypedArray<T>& cells, std::size_t index, std::size_t count = kAll) {
  if (!cells.shared()) return 0;
  return internal::NotifyCell(*cells.buffer().shared_array_buffer()->data_block(),
                              cells.byte_offset() + index * sizeof(T), count);
}
template <WaitableElement T>
std::size_t Notify(const TypedArray<T>& cells, std::size_t index, std::size_t count = kAll) {
  internal::CheckIndex(index, cells.size());
  return UnsafeNotify(cells, index, count);
}
template <WaitableElement T>
absl::StatusOr<std::size_t> TryNotify(const TypedArray<T>& cells, std::size_t index,
                                      std::size_t count = kAll) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeNotify(cells, index, count);
}

}  // namespace atomics
}  // namespace sabre

#endif  // SABRE_MEMORY_WAIT_H_
