// sabre/sync/semaphore.h: a number of permits in one 32-bit cell, given out in order of arrival.
#ifndef SABRE_SYNC_SEMAPHORE_H_
#define SABRE_SYNC_SEMAPHORE_H_

#include <cstddef>
#include <cstdint>

#include "sabre/sync/await.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/time.h"
#include "sabre/sync/waiter.h"
#include "sabre/sync/waiter_list.h"

namespace sabre {

// Semaphore
//
// A permit that is released while somebody waits goes to the one that waits longest, not into the cell:
// a newcomer never passes a waiter, so nobody starves. (A Mutex lets newcomers in, because its permit
// comes back to the same threads all the time; those of a semaphore are commonly given by other threads
// than take them.) After the FIFO semaphores of .NET's SemaphoreSlim and tokio.
//
//   cell            | meaning                            | left by
//   n in [0, kMax]  | n permits, nobody waits            | Acquire → n - 1, or kMayWait if n is 0;
//                   |                                    | Release → n + count
//   kMayWait        | no permits, somebody may wait      | Release, under the list's lock: stays while
//                   |                                    | others wait, else what is left of `count`
//
// Invariant, under the list's lock: while somebody is queued, the cell is kMayWait.
//
// A wait that ends by its deadline or by Cancel has exactly one outcome: a waiter that a Release took
// off the queue has the permit, even if its deadline has passed.
//
// Thread-safety: all members from any thread. Memory ordering: what precedes a Release happens before
//   the return of the Acquire or TryAcquire that gets a permit of it. [S1]
// Cell: an AtomicInteger of std::uint32_t, which nobody else writes; at first the number of permits.
template <BlockingPolicy S = StdSync, class Cell = typename S::template Atomic<std::uint32_t>>
class Semaphore {
 public:
  using List = WaiterList<S>;
  using Key = typename List::Key;
  static constexpr std::uint32_t kMax = INT32_MAX;  // permits

  // All three must outlive every call. All semaphores over one cell name the same list and key.
  Semaphore(Cell& cell, List& list, Key key) noexcept : cell_(cell), list_(list), key_(key) {}

  // Takes a permit if there is one that nobody waits for. Blocking: no.
  bool TryAcquire() {
    // Relaxed: a guess; the exchange decides.
    std::uint32_t permits = cell_.load(S::kRelaxed);
    while (IsPositive(permits)) {
      // [S1] Acquire: pairs with the releases of Release. Carries: what precedes it. Others that take
      // permits in between are read-modify-writes and pass it on.
      if (cell_.compare_exchange_weak(permits, permits - 1, S::kAcquire, S::kRelaxed)) return true;
    }
    return false;
  }

  // Takes a permit, sleeping until there is one, until `deadline`, or until `await` (see await.h) finds
  // another reason to end the wait.
  // Returns: kNotified if the caller has a permit, else kTimedOut or kCancelled.
  template <class Await = PlainAwait>
  WaitOutcome Acquire(std::uint64_t owner = 0, TimePoint deadline = kNever,
                      const Await& await = {}) {
    if (TryAcquire()) return WaitOutcome::kNotified;
    BlockingWaiter<S> waiter;
    waiter.Describe(owner, S::Now());
    if (!list_.Enqueue(waiter, key_, [&] { return !AcquireOrMark(); })) {
      return WaitOutcome::kNotified;
    }
    return await(list_, waiter, deadline);
  }

  // Gives `count` permits: to those that wait, in order of arrival, and the rest into the cell.
  // Returns: false, and nothing is changed, if there would be more than kMax in the cell.
  // Blocking: no.
  bool Release(std::uint32_t count = 1) {
    if (count > kMax) return false;
    // Relaxed: a guess; the exchange or the list's lock decides.
    std::uint32_t permits = cell_.load(S::kRelaxed);
    if (TryAdd(permits, count)) return true;
    if (permits != kMayWait) return false;
    bool fits = true;
    list_.NotifyAndSettle(key_, count, [&](Waiter<S>*, std::size_t taken, bool more) {
      if (more) return;  // then all permits are given, and the cell stays marked
      const std::uint32_t rest = count - static_cast<std::uint32_t>(taken);
      std::uint32_t marked = kMayWait;
      // [S1] Release: pairs with the acquires of TryAcquire and AcquireOrMark. Carries: what precedes
      // this call. The waiters are ordered by the list.
      if (cell_.compare_exchange_strong(marked, rest, S::kRelease, S::kRelaxed)) return;
      // Another Release was here before, and nobody waits.
      fits = TryAdd(marked, rest);
    });
    return fits;
  }

  // How many permits could be taken now. Gone as soon as it is known: for tests and people who look.
  std::uint32_t Available() const {
    // Relaxed: carries nothing.
    const std::uint32_t permits = cell_.load(S::kRelaxed);
    return permits == kMayWait ? 0 : permits;
  }

 private:
  static constexpr std::uint32_t kMayWait = std::uint32_t{1} << 31;

  static bool IsPositive(std::uint32_t permits) noexcept { return permits - 1 < kMax; }

  // Adds `count` unless somebody may wait or it does not fit; `permits` is then why.
  bool TryAdd(std::uint32_t& permits, std::uint32_t count) {
    while (permits <= kMax - count) {
      // [S1] Release: pairs with the acquires of TryAcquire and AcquireOrMark. Carries: what precedes
      // the call of Release.
      if (cell_.compare_exchange_weak(permits, permits + count, S::kRelease, S::kRelaxed))
        return true;
    }
    return false;
  }

  // Under the list's lock. True: the caller has taken a permit. False: there is none, and the cell says
  // that somebody waits.
  bool AcquireOrMark() {
    // Relaxed: a guess; the exchange decides.
    std::uint32_t permits = cell_.load(S::kRelaxed);
    while (permits != kMayWait) {
      const std::uint32_t next = permits == 0 ? kMayWait : permits - 1;
      // [S1] Acquire: pairs with the releases of Release. Carries: what precedes it.
      if (cell_.compare_exchange_weak(permits, next, S::kAcquire, S::kRelaxed)) return permits != 0;
    }
    return false;
  }

  Cell& cell_;
  List& list_;
  const Key key_;
};

}  // namespace sabre

#endif  // SABRE_SYNC_SEMAPHORE_H_
