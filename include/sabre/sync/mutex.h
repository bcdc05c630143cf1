// sabre/sync/mutex.h: a lock in one 32-bit cell, whose waiters stand in a WaiterList.
#ifndef SABRE_SYNC_MUTEX_H_
#define SABRE_SYNC_MUTEX_H_

#include <cstddef>
#include <cstdint>

#include "sabre/sync/await.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/time.h"
#include "sabre/sync/waiter.h"
#include "sabre/sync/waiter_list.h"

namespace sabre {

// Mutex
//
// Not recursive. After WTF::Lock and parking_lot's RawMutex (one word, waiters in a parking lot, a free
// lock goes to whoever comes first) and Go's sync.Mutex (a waiter that was passed over is handed the
// lock). It differs from both in that it has no bit for the hand-over: whether to hand over is written
// in the waiter at the front of the queue, which the unlocker sees under the list's lock.
//
//   cell                   | meaning                          | left by
//   0                      | free, nobody waits               | Lock → owner
//   kMayWait               | free, somebody may wait          | Lock → owner | kMayWait
//   owner << 1             | held, nobody waits               | Unlock → 0, a waiter → | kMayWait
//   owner << 1 | kMayWait  | held, somebody may wait          | Unlock, under the list's lock: to the
//                          |                                  | first waiter if it was passed over, else
//                          |                                  | free (kMayWait stays if others wait)
//
// Invariant, under the list's lock: while somebody is queued, kMayWait is set. So no unlock that
// concerns a waiter takes the short way, and of the held states only the owner leaves the last one.
//
// No waiter starves. It is woken in order of arrival; if then the lock is gone to a newcomer, it goes
// back to the front, and whoever wakes it the second time hands the lock over. From then on at most
// those get the lock before it that were woken before it went back and were passed over as well, each
// once. The price of letting newcomers in is bounded, its gain is that a short lock that many want
// does not change threads at each unlock.
//
// A wait that ends by its deadline or by Cancel has exactly one outcome: a waiter that an unlocker
// took off the queue and gave the lock to holds it, even if its deadline has passed.
//
// Thread-safety: all members from any thread. Memory ordering: what precedes an Unlock happens before
//   the return of every later Lock or TryLock that gets the lock. [M1]
// Cell: an AtomicInteger of std::uint32_t, zero at first, which nobody else writes.
template <BlockingPolicy S = StdSync, class Cell = typename S::template Atomic<std::uint32_t>>
class Mutex {
 public:
  using List = WaiterList<S>;
  using Key = typename List::Key;
  // Who locks: not 0, at most kMaxOwner. Two that lock at the same time under one number still exclude
  // each other; but each is taken for the other by Holds and Unlock.
  using Owner = std::uint32_t;
  static constexpr Owner kMaxOwner = UINT32_MAX >> 1;

  // All three must outlive every call. All mutexes over one cell name the same list and key.
  Mutex(Cell& cell, List& list, Key key) noexcept : cell_(cell), list_(list), key_(key) {}

  // Takes the lock if it is free. Blocking: no; one compare-exchange if nobody waits.
  bool TryLock(Owner me) {
    std::uint32_t word = 0;
    do {
      // [M1] Acquire: pairs with both releases of Unlock. Carries: what the last holder did.
      if (cell_.compare_exchange_strong(word, word | me << 1, S::kAcquire, S::kRelaxed))
        return true;
    } while (word <= kMayWait);
    return false;
  }

  // Takes the lock, sleeping until it can be had, until `deadline`, or until `await` (see await.h)
  // finds another reason to end the wait.
  // Precondition: the caller does not hold it.
  // Returns: kNotified if the caller holds the lock, else kTimedOut or kCancelled.
  template <class Await = PlainAwait>
  WaitOutcome Lock(Owner me, TimePoint deadline = kNever, const Await& await = {}) {
    if (TryLock(me)) return WaitOutcome::kNotified;
    const TimePoint since = S::Now();
    bool passed_over = false;
    for (;;) {
      LockWaiter waiter(passed_over);
      waiter.Describe(me, since);
      const auto still_held = [&] { return !LockUnlessHeld(me); };
      const bool queued = passed_over ? list_.EnqueueFront(waiter, key_, still_held)
                                      : list_.Enqueue(waiter, key_, still_held);
      if (!queued) return WaitOutcome::kNotified;
      const WaitOutcome outcome = await(list_, waiter, deadline);
      if (outcome != WaitOutcome::kNotified || waiter.handed_over.Get()) return outcome;
      // Woken because the lock was free. Whatever the time: one more try, and a wake-up is not lost if
      // it fails, because then another holds the lock and wakes the next.
      if (TryLock(me)) return WaitOutcome::kNotified;
      passed_over = true;
    }
  }

  // Gives the lock up. Returns: false, and nothing is changed, if `me` does not hold it.
  // Blocking: no; one compare-exchange if nobody waits.
  bool Unlock(Owner me) {
    std::uint32_t word = me << 1;
    // [M1] Release: pairs with TryLock and LockUnlessHeld. Carries: what the holder did.
    if (cell_.compare_exchange_strong(word, 0, S::kRelease, S::kRelaxed)) return true;
    if (word != (me << 1 | kMayWait)) return false;
    // From here on the cell is the owner's alone: newcomers find it held and marked.
    list_.NotifyAndSettle(key_, 1, [&](Waiter<S>* first, std::size_t, bool more) {
      std::uint32_t next = more ? kMayWait : 0;
      if (first != nullptr) {
        auto& waiter = static_cast<LockWaiter&>(*first);
        if (waiter.passed_over) {
          next |= static_cast<Owner>(waiter.owner()) << 1;
          waiter.handed_over.Set(true);
        }
      }
      // [M1] Release: for a newcomer in TryLock. The waiter itself is ordered by the list.
      cell_.store(next, S::kRelease);
    });
    return true;
  }

  // Whether `me` holds the lock; true or false for good where `me` is the caller.
  bool Holds(Owner me) const {
    // Relaxed: only the caller writes its own number, or one that is ordered before it by the list.
    return cell_.load(S::kRelaxed) >> 1 == me;
  }

 private:
  static constexpr std::uint32_t kMayWait = 1;

  struct LockWaiter : BlockingWaiter<S> {
    explicit LockWaiter(bool was_passed_over) : passed_over(was_passed_over) {}
    const bool passed_over;  // it was woken before, and a newcomer had the lock
    typename S::template Var<bool> handed_over{false};
  };

  // Under the list's lock. True: the lock was free, and the caller holds it. False: another holds it and
  // will find in the cell that somebody waits.
  bool LockUnlessHeld(Owner me) {
    // Relaxed: the mark carries nothing, and a read-modify-write sees the newest word.
    std::uint32_t word = cell_.fetch_or(kMayWait, S::kRelaxed);
    if (word > kMayWait) return false;
    // Free and marked: if a newcomer is faster, its unlock has to come by the lock that we are in. So
    // one try decides.
    word = kMayWait;
    // [M1] Acquire: pairs with the releases of Unlock. Carries: what the last holder did.
    return cell_.compare_exchange_strong(word, me << 1 | kMayWait, S::kAcquire, S::kRelaxed);
  }

  Cell& cell_;
  List& list_;
  const Key key_;
};

}  // namespace sabre

#endif  // SABRE_SYNC_MUTEX_H_
