// sabre/memory/semaphore.h: a number of permits in a cell of shared memory.
#ifndef SABRE_MEMORY_SEMAPHORE_H_
#define SABRE_MEMORY_SEMAPHORE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/memory/lock_cell.h"
#include "sabre/memory/typed_array.h"

namespace sabre::atomics {

// Semaphore
//
// A counting semaphore that all threads with a view of the same cell share. A cell of zero is a semaphore
// without permits; Release gives the first ones. As long as it is used, nothing else may write the cell.
// Copies name the same semaphore and keep the buffer alive.
//
// Strictly first come, first served: a permit goes to the one that waits longest, and a newcomer never
// passes one that waits.
//
// Thread-safety: all members from any thread. Memory ordering: everything before a Release happens before
//   the return of the call that gets a permit of it.
// Spec: none; std::counting_semaphore comes closest.
class Semaphore {
 public:
  // The greatest number of permits.
  static constexpr std::uint32_t kMax = INT32_MAX;

  // The semaphore in `cells[index]`. Errors: as Mutex::Over.
  static absl::StatusOr<Semaphore> Over(const Int32Array& cells, std::size_t index);

  // Takes a permit, sleeping until there is one.
  // Errors: kFailedPrecondition (TypeError) if the calling thread would have to wait and may not
  //   (Agent::can_block); kCancelled if a stop was requested of the calling agent before there was one.
  absl::Status Acquire() const;

  // The same, for at most `timeout`; zero and less do not wait. Returns: whether it has a permit. One
  // that was given to the waiter is taken, even if its time is up at that moment.
  absl::StatusOr<bool> AcquireFor(absl::Duration timeout) const;

  // Takes a permit if there is one that nobody waits for. Blocking: no.
  bool TryAcquire() const;

  // Gives `count` permits: to those that wait, and the rest for those that come.
  // Errors: kOutOfRange (RangeError), and nothing is given, if there would be more than kMax.
  // Blocking: no.
  absl::Status Release(std::uint32_t count = 1) const;

  // How many permits could be taken at this moment. For tests and for people who look.
  std::uint32_t Available() const noexcept;

  // Whether both name the same cell.
  friend bool operator==(const Semaphore& a, const Semaphore& b) noexcept {
    return a.cell_ == b.cell_;
  }

 private:
  explicit Semaphore(internal::LockCell cell) noexcept
      : cell_(static_cast<internal::LockCell&&>(cell)) {}

  internal::LockCell cell_;
};

}  // namespace sabre::atomics

#endif  // SABRE_MEMORY_SEMAPHORE_H_
