// sabre/memory/barrier.h: a point that a group of threads leaves together, in cells of shared memory.
#ifndef SABRE_MEMORY_BARRIER_H_
#define SABRE_MEMORY_BARRIER_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/memory/lock_cell.h"
#include "sabre/memory/typed_array.h"

namespace sabre::atomics {

// Barrier
//
// All threads with a view of the same two cells share it. It has phases: one ends when as many arrivals
// have come as are expected, those that wait for its end go on, and the next begins. Cells of zero are
// the beginning of the first phase; as long as the barrier is used, nothing else may write them. Copies
// name the same barrier and keep the buffer alive.
//
// Thread-safety: all members from any thread. Memory ordering: everything before an arrival happens
//   before the return of every wait for the end of its phase.
// Spec: none; std::barrier, without a completion function.
class Barrier {
 public:
  // How many cells a barrier takes: cells[index] and the one after it.
  static constexpr std::size_t kCells = 2;
  // The greatest number of arrivals in a phase.
  static constexpr std::uint32_t kMax = UINT16_MAX;

  // An arrival, for Wait and WaitFor: which phase it was.
  class Arrival {
   private:
    friend class Barrier;
    explicit Arrival(std::uint32_t phase) noexcept : phase_(phase) {}
    std::uint32_t phase_;
  };

  // The barrier in `cells[index]` and the cell after it, for `expected` arrivals a phase. All that use it
  // expect the same number.
  // Errors: as Mutex::Over, for both cells; kOutOfRange (RangeError) if `expected` is not in [1, kMax].
  static absl::StatusOr<Barrier> Over(const Int32Array& cells, std::size_t index,
                                      std::uint32_t expected);

  // Arrives `count` times and does not wait. The phase must have begun: the caller has waited for the
  // end of the one before, or was told by one who has.
  // Errors: kFailedPrecondition if fewer than `count` arrivals are still expected in this phase.
  absl::StatusOr<Arrival> Arrive(std::uint32_t count = 1) const;

  // Sleeps until the phase of `arrival` ends; returns at once if it has.
  // Errors: kFailedPrecondition (TypeError) if the calling thread would have to wait and may not
  //   (Agent::can_block); kCancelled if a stop was requested of the calling agent before the phase
  //   ended. The arrival stands.
  absl::Status Wait(Arrival arrival) const;

  // The same, for at most `timeout`; zero and less do not wait. Returns: whether the phase has ended.
  absl::StatusOr<bool> WaitFor(Arrival arrival, absl::Duration timeout) const;

  // Arrives, and waits for the others. Errors: those of Arrive and Wait. A thread that may not block has
  // not arrived then; one that was stopped has.
  absl::Status ArriveAndWait() const;

  // Arrives once, for this phase and for all that follow: from the next one on, one arrival less is
  // expected. Errors: as Arrive.
  absl::Status ArriveAndDrop() const;

  // Whether both name the same cells.
  friend bool operator==(const Barrier& a, const Barrier& b) noexcept { return a.cell_ == b.cell_; }

 private:
  Barrier(internal::LockCell cell, std::uint32_t expected) noexcept
      : cell_(static_cast<internal::LockCell&&>(cell)), expected_(expected) {}

  internal::LockCell cell_;
  std::uint32_t expected_;
};

}  // namespace sabre::atomics

#endif  // SABRE_MEMORY_BARRIER_H_
