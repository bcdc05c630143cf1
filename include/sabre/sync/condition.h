// sabre/sync/condition.h: a condition variable for Mutex, whose waiters stand in a WaiterList.
#ifndef SABRE_SYNC_CONDITION_H_
#define SABRE_SYNC_CONDITION_H_

#include <cstddef>
#include <cstdint>

#include "sabre/sync/await.h"
#include "sabre/sync/mutex.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/time.h"
#include "sabre/sync/waiter.h"
#include "sabre/sync/waiter_list.h"

namespace sabre {

// Condition
//
// It has no state of its own: those who wait stand in the queue of `key`, in order of arrival. A waiter
// enters the queue while it still holds the mutex. So a Notify by one who has changed something under
// that mutex either comes before the waiter looked, or finds it. There are no spurious wake-ups, and the
// count of a Notify is the number of waits that end with kNotified.
//
// Thread-safety: all members from any thread. Memory ordering: what precedes a Notify happens before the
//   return of every Wait that it ends.
template <BlockingPolicy S = StdSync>
class Condition {
 public:
  using List = WaiterList<S>;
  using Key = typename List::Key;

  // `list` must outlive every call.
  Condition(List& list, Key key) noexcept : list_(list), key_(key) {}

  // Gives up `mutex`, which `me` holds, sleeps until a Notify, until `deadline` or until `await` finds
  // another reason, and takes the mutex again, however long that lasts.
  // Returns: kNotified, kTimedOut or kCancelled.
  template <class Cell, class Await = PlainAwait>
  WaitOutcome Wait(Mutex<S, Cell>& mutex, typename Mutex<S, Cell>::Owner me,
                   TimePoint deadline = kNever, const Await& await = {}) {
    BlockingWaiter<S> waiter;
    waiter.Describe(me, S::Now());
    list_.Enqueue(waiter, key_, [] { return true; });
    mutex.Unlock(me);
    const WaitOutcome outcome = await(list_, waiter, deadline);
    mutex.Lock(me);
    return outcome;
  }

  // Wakes up to `count` of those that wait, the longest waiting first. Returns how many.
  // Blocking: no. The caller need not hold the mutex, if it held it for the change.
  std::size_t Notify(std::size_t count = SIZE_MAX) { return list_.Notify(key_, count); }

 private:
  List& list_;
  const Key key_;
};

}  // namespace sabre

#endif  // SABRE_SYNC_CONDITION_H_
