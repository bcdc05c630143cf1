// sabre/sync/barrier.h: a point that a group of threads leaves together, in two 32-bit cells.
#ifndef SABRE_SYNC_BARRIER_H_
#define SABRE_SYNC_BARRIER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sabre/sync/await.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/time.h"
#include "sabre/sync/waiter.h"
#include "sabre/sync/waiter_list.h"

namespace sabre {

// Barrier
//
// As std::barrier (https://eel.is/c++draft/thread.barrier), without a completion function: a phase ends
// when `expected` arrivals have come, those that wait for its end go on, and the next begins. The last
// to arrive ends it (a central barrier with a sense that is a number).
//
//   arrivals: dropped << 16 | arrived       | left by
//   arrived < expected                      | Arrive → arrived + count
//                                           | ArriveAndDrop → arrived + 1, dropped + 1
//   arrived == expected                     | who arrived last, under the list's lock: phase + 1 and
//                                           | → arrived = dropped: those have arrived for ever
//
// All cells zero is the beginning of the first phase, so zeroed memory is a barrier.
//
// Thread-safety: all members from any thread. Memory ordering: what precedes an arrival happens before
//   the return of every Wait for the end of its phase. [B1] [B2]
// Cell: an AtomicInteger of std::uint32_t, which nobody else writes.
template <BlockingPolicy S = StdSync, class Cell = typename S::template Atomic<std::uint32_t>>
class Barrier {
 public:
  using List = WaiterList<S>;
  using Key = typename List::Key;
  using Phase = std::uint32_t;                       // wraps around
  static constexpr std::uint32_t kMax = UINT16_MAX;  // arrivals of one phase

  // Cells and list must outlive every call. All barriers over the same cells name the same list and key
  // and expect the same number, in [1, kMax].
  Barrier(Cell& arrivals, Cell& phase, std::uint32_t expected, List& list, Key key) noexcept
      : arrivals_(arrivals), phase_(phase), expected_(expected), list_(list), key_(key) {}

  // Arrives `count` times and does not wait.
  // Precondition: the phase that the caller arrives for has begun, as far as the caller can know: it
  //   has waited for the end of the one before, or was told.
  // Returns: the phase, for Wait; nothing, and nothing is changed, if fewer than `count` arrivals are
  //   still expected in it.
  std::optional<Phase> Arrive(std::uint32_t count = 1) { return Arrive(count, /*drop=*/false); }

  // Arrives once, for this phase and all that follow.
  std::optional<Phase> ArriveAndDrop() { return Arrive(1, /*drop=*/true); }

  // Whether `phase` has ended. If so, what precedes its arrivals happens before the return.
  bool HasEnded(Phase phase) const {
    // [B2] Acquire: pairs with the release in EndPhase. Carries: what precedes all arrivals.
    return phase_.load(S::kAcquire) != phase;
  }

  // Sleeps until the end of `phase`, until `deadline`, or until `await` (see await.h) finds another
  // reason to end the wait. The arrival stands in any case.
  // Returns: kNotified if the phase has ended, else kTimedOut or kCancelled.
  template <class Await = PlainAwait>
  WaitOutcome Wait(Phase phase, std::uint64_t owner = 0, TimePoint deadline = kNever,
                   const Await& await = {}) {
    if (HasEnded(phase)) return WaitOutcome::kNotified;
    BlockingWaiter<S> waiter;
    waiter.Describe(owner, S::Now());
    const auto still_this_phase = [&] {
      // Relaxed: phases end under the list's lock, which we are in.
      return phase_.load(S::kRelaxed) == phase;
    };
    if (!list_.Enqueue(waiter, key_, still_this_phase)) return WaitOutcome::kNotified;
    return await(list_, waiter, deadline);
  }

 private:
  static constexpr std::uint32_t kOneDropped = kMax + 1;

  std::optional<Phase> Arrive(std::uint32_t count, bool drop) {
    // Relaxed: it cannot end before this arrival, and by the precondition it has begun.
    const Phase phase = phase_.load(S::kRelaxed);
    // Relaxed: a guess; the exchange decides.
    std::uint32_t arrivals = arrivals_.load(S::kRelaxed);
    std::uint32_t next = 0;
    do {
      if (count > expected_ - arrivals % kOneDropped) return std::nullopt;
      next = arrivals + count + (drop ? kOneDropped : 0);
      // [B1] Acquire and release: every arrival pairs with the last one of its phase. Carries: what
      // precedes it, which the last one passes on in EndPhase.
    } while (!arrivals_.compare_exchange_weak(arrivals, next, S::kAcqRel, S::kRelaxed));
    if (count != 0 && next % kOneDropped == expected_) EndPhase(phase, next / kOneDropped);
    return phase;
  }

  // By the last to arrive. Nobody else writes the cells until the next phase has begun.
  void EndPhase(Phase phase, std::uint32_t dropped) {
    list_.NotifyAndSettle(key_, SIZE_MAX, [&](Waiter<S>*, std::size_t, bool) {
      // Relaxed: who arrives next has seen the new phase.
      arrivals_.store(dropped * kOneDropped + dropped, S::kRelaxed);
      // [B2] Release: pairs with the acquire in Wait. Carries: [B1] of all arrivals, and `arrivals_`.
      phase_.store(phase + 1, S::kRelease);
    });
  }

  Cell& arrivals_;
  Cell& phase_;
  const std::uint32_t expected_;
  List& list_;
  const Key key_;
};

}  // namespace sabre

#endif  // SABRE_SYNC_BARRIER_H_
