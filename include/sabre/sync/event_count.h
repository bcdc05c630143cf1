// sabre/sync/event_count.h: sleeping until something in a lock-free structure has changed.
#ifndef SABRE_SYNC_EVENT_COUNT_H_
#define SABRE_SYNC_EVENT_COUNT_H_

#include <cstddef>
#include <cstdint>

#include "sabre/sync/announcement.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/waiter_list.h"

namespace sabre {

// EventCount
//
// The condition variable of lock-free code: it adds waiting to a structure that has none, and costs
// the side that changes the structure a fence and a load while nobody waits. After Vyukov's
// eventcount (and folly's EventCount, from which the names come).
//
//   // waiter                                     // notifier
//   while (!ring.TryPop(item)) {                  ring.TryPush(item);
//     auto key = events.PrepareWait();            events.NotifyOne();
//     if (ring.TryPop(item)) {
//       events.CancelWait();
//       break;
//     }
//     events.CommitWait(key, deadline);
//   }
//
// Guarantee: if a change precedes a Notify in its thread, then a waiter either sees the change when
// it looks between PrepareWait and CommitWait, or its CommitWait returns. NotifyOne wakes the one
// that waits longest; a waiter that is between PrepareWait and CommitWait never sleeps through it.
//
// Thread-safety: all members from any thread; each PrepareWait is followed, in its thread, by exactly
//   one CancelWait or CommitWait.
// Memory ordering: everything before a Notify happens before the return of the CommitWait it woke.
//   What the waiter sees when it looks itself is ordered by the structure's own operations.
template <BlockingPolicy S = StdSync>
class EventCount {
 public:
  // The state of the world at PrepareWait.
  using Key = std::uint64_t;

  // Announces the caller. It must look at its condition once more after this call.
  Key PrepareWait() noexcept {
    announcement_.Announce();
    // [E1] Acquire: pairs with the increment in Notify. Carries: the change that the notifier made.
    // Without: a waiter takes a new key but looks at old state, and sleeps beside it.
    return epoch_.load(S::kAcquire);
  }

  // The condition holds after all.
  void CancelWait() noexcept { announcement_.Retract(); }

  // Sleeps until a Notify that came after PrepareWait, or until `deadline`.
  // Returns: false at the deadline, true otherwise. True does not mean that the condition holds.
  bool CommitWait(Key key, TimePoint deadline = kNever) {
    const WaitOutcome outcome = waiters_.Wait(
        kTheKey,
        [&] {
          // A Notify that this load does not see comes later to the list's lock and finds the waiter in
          // the queue. [E1] Acquire: for one that it sees, which has woken nobody: its change must be
          // visible when CommitWait returns.
          return epoch_.load(S::kAcquire) == key;
        },
        deadline);
    announcement_.Retract();
    return outcome != WaitOutcome::kTimedOut;
  }

  // Wakes up to `count` waiters. Call it after the change.
  // Blocking: no. With nobody waiting: a fence and a load.
  void Notify(std::size_t count) {
    if (!announcement_.AnyoneWaiting()) return;
    // [E1] Release: pairs with PrepareWait and CommitWait. [kept: the fence of AnyoneWaiting is a
    // release fence and would do, but plain data may ride on this edge and ThreadSanitizer does not
    // model fences]
    epoch_.fetch_add(1, S::kRelease);
    waiters_.Notify(kTheKey, count);
  }
  void NotifyOne() { Notify(1); }
  void NotifyAll() { Notify(SIZE_MAX); }

 private:
  static constexpr std::uint64_t kTheKey = 0;

  Announcement<S> announcement_;
  typename S::template Atomic<std::uint64_t> epoch_{0};
  WaiterList<S> waiters_;
};

}  // namespace sabre

#endif  // SABRE_SYNC_EVENT_COUNT_H_
