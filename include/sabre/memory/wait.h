// sabre/memory/wait.h: sleeping until an element of shared memory changes.
#ifndef SABRE_MEMORY_WAIT_H_
#define SABRE_MEMORY_WAIT_H_

#include <cstddef>
#include <cstdint>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/memory/check.h"
#include "sabre/memory/element.h"
#include "sabre/memory/memory_order.h"
#include "sabre/memory/typed_array.h"
#include "sabre/sync/time.h"

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

// What to wait for once the element type is gone: that the `size` bytes at `byte_index` are `expected` no
// more.
struct WaitCell {
  DataBlock* block;
  std::size_t byte_index;
  std::size_t size;
  std::int64_t expected;
};

WaitResult WaitOnCell(const WaitCell& cell, TimePoint deadline, const std::stop_token& stop);
std::size_t NotifyCell(DataBlock& block, const std::byte* at, std::size_t count);
std::size_t CountWaiters(DataBlock& block, std::size_t byte_index);
TimePoint DeadlineOf(absl::Duration timeout) noexcept;
TimePoint DeadlineOf(absl::Time time) noexcept;
absl::Status NotShared(ViewKind kind);
absl::Status CheckMayBlock();
[[noreturn]] void BadWait(const absl::Status& status) noexcept;

// The checks that all waits begin with, in their order.
template <WaitableElement T>
absl::StatusOr<WaitCell> ToWaitCell(const TypedArray<T>& cells, std::size_t index, T expected) {
  if (!cells.shared()) return NotShared(TypedArray<T>::kKind);
  if (index >= cells.size()) return cells.IndexError(index);
  return WaitCell{cells.buffer().shared_array_buffer()->data_block(),
                  cells.byte_offset() + index * sizeof(T), sizeof(T), expected};
}
}  // namespace internal

namespace atomics {

// As `count` of Notify: all that wait.
inline constexpr std::size_t kAll = SIZE_MAX;

// TryWaitUntil(), WaitUntil()
//
// As TryWait and Wait below, until a point in time. A point on the clock of the day is converted when the
// call begins: setting that clock does not move it. absl::InfiniteFuture() and kNever never come.
template <WaitableElement T>
absl::StatusOr<WaitResult> TryWaitUntil(const TypedArray<T>& cells, std::size_t index,
                                        Operand<T> expected, TimePoint deadline,
                                        const std::stop_token& stop = {}) {
  absl::StatusOr<internal::WaitCell> cell = internal::ToWaitCell<T>(cells, index, expected.value());
  if (!cell.ok()) return std::move(cell).status();
  if (absl::Status may = internal::CheckMayBlock(); !may.ok()) return may;
  return internal::WaitOnCell(*cell, deadline, stop);
}
template <WaitableElement T>
absl::StatusOr<WaitResult> TryWaitUntil(const TypedArray<T>& cells, std::size_t index,
                                        Operand<T> expected, absl::Time deadline,
                                        const std::stop_token& stop = {}) {
  return TryWaitUntil(cells, index, expected, internal::DeadlineOf(deadline), stop);
}
template <WaitableElement T, class Deadline>
WaitResult WaitUntil(const TypedArray<T>& cells, std::size_t index, Operand<T> expected,
                     Deadline deadline, const std::stop_token& stop = {}) {
  absl::StatusOr<WaitResult> result = TryWaitUntil(cells, index, expected, deadline, stop);
  if (!result.ok()) internal::BadWait(result.status());
  return *result;
}

// Wait()
//
// Sleeps while `cells[index]` is `expected`, until another thread calls Notify on the same location of
// the same block, or `timeout` passes. The comparison and the decision to sleep are one step: a Store
// that is followed by Notify is never slept through, and a Store without Notify wakes nobody.
//
// Args:
//   cells:    over a SharedArrayBuffer; int32_t or int64_t elements.
//   index:    in elements, in [0, cells.size()).
//   expected: what the element is compared with, before the timeout is looked at; converted like a value
//             of Store (2^32 is 0 to an int32_t).
//   timeout:  relative; zero and less do not sleep, absl::InfiniteDuration() never ends.
//   stop:     a stop request there ends the wait too.
// Returns: kOk if and only if a Notify counted this waiter.
// Errors: a bad index, an unshared buffer, or a thread that may not block (Agent::can_block) is a
//   caller's bug: Wait aborts, TryWait returns kInvalidArgument (TypeError), kOutOfRange (RangeError)
//   and kFailedPrecondition (TypeError), looked at in this order: shared, index, value, timeout, agent.
// Blocking: yes. Cancellation: a stop request to the calling agent, or at `stop`, ends the wait with
//   kTerminated; also if it came before.
// Memory ordering: everything before a Notify happens before the return of the Wait it woke.
// Spec: Atomics.wait, DoWait (https://tc39.es/ecma262/#sec-atomics.wait).
template <WaitableElement T>
absl::StatusOr<WaitResult> TryWait(const TypedArray<T>& cells, std::size_t index,
                                   Operand<T> expected,
                                   absl::Duration timeout = absl::InfiniteDuration(),
                                   const std::stop_token& stop = {}) {
  return TryWaitUntil(cells, index, expected, internal::DeadlineOf(timeout), stop);
}
template <WaitableElement T>
WaitResult Wait(const TypedArray<T>& cells, std::size_t index, Operand<T> expected,
                absl::Duration timeout = absl::InfiniteDuration(),
                const std::stop_token& stop = {}) {
  return WaitUntil(cells, index, expected, internal::DeadlineOf(timeout), stop);
}

// Notify()
//
// Wakes up to `count` of those that wait on this location, the longest waiting first. Returns how many.
// Over an unshared buffer nobody can wait: 0.
//
// Errors: a bad index is a caller's bug: Notify aborts, TryNotify returns kOutOfRange (RangeError).
// Blocking: no. With nobody waiting on the block: a fence and a load, no system call.
// Memory ordering: see Wait. Nothing need be stored with an order for its sake: a change that precedes it
//   in its thread is seen by whoever compares afterwards.
// Spec: Atomics.notify (https://tc39.es/ecma262/#sec-atomics.notify).
template <WaitableElement T>
std::size_t UnsafeNotify(const TypedArray<T>& cells, std::size_t index, std::size_t count = kAll) {
  if (!cells.shared()) return 0;
  return internal::NotifyCell(*cells.buffer().shared_array_buffer()->data_block(),
                              cells.UnsafeAddress(index), count);
}
template <WaitableElement T>
std::size_t Notify(const TypedArray<T>& cells, std::size_t index, std::size_t count = kAll) {
  cells.CheckIndex(index);
  return UnsafeNotify(cells, index, count);
}
template <WaitableElement T>
absl::StatusOr<std::size_t> TryNotify(const TypedArray<T>& cells, std::size_t index,
                                      std::size_t count = kAll) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeNotify(cells, index, count);
}
template <WaitableElement T>
std::size_t NotifyOne(const TypedArray<T>& cells, std::size_t index) {
  return Notify(cells, index, 1);
}
template <WaitableElement T>
std::size_t NotifyAll(const TypedArray<T>& cells, std::size_t index) {
  return Notify(cells, index, kAll);
}

// How many wait on this location, blocking and asynchronous: at some moment during the call, so good for
// tests and for people who look. Linear in their number. An index beyond the end aborts, as in Notify.
template <WaitableElement T>
std::size_t WaiterCount(const TypedArray<T>& cells, std::size_t index) {
  cells.CheckIndex(index);
  if (!cells.shared()) return 0;
  return internal::CountWaiters(*cells.buffer().shared_array_buffer()->data_block(),
                                cells.byte_offset() + index * sizeof(T));
}

// What JavaScript's numbers mean here, for engines and adapters.
//
// As `timeout`: NaN and +∞ never end, negative numbers are zero, fractions of a millisecond count.
absl::Duration TimeoutFromMilliseconds(double milliseconds) noexcept;
// As `count` of Notify: NaN and negative numbers are 0, fractions are cut off, what is too large is kAll.
std::size_t NotifyCountFromNumber(double count) noexcept;

}  // namespace atomics
}  // namespace sabre

#endif  // SABRE_MEMORY_WAIT_H_
