// sabre/sync/await.h: how a lock's waiter sleeps, unless its caller knows a better way.
#ifndef SABRE_SYNC_AWAIT_H_
#define SABRE_SYNC_AWAIT_H_

#include "sabre/sync/policy.h"
#include "sabre/sync/time.h"
#include "sabre/sync/waiter.h"
#include "sabre/sync/waiter_list.h"

namespace sabre {

// PlainAwait
//
// Sleeps in `list` until `waiter`, which is queued there, is completed or `deadline` passes. Mutex,
// Condition, Semaphore and Barrier take another one where a wait must end for more reasons: it calls
// `WaiterList::Cancel` from wherever the reason comes up, and `WaiterList::Await` as this one does.
struct PlainAwait {
  template <BlockingPolicy S>
  WaitOutcome operator()(WaiterList<S>& list, BlockingWaiter<S>& waiter, TimePoint deadline) const {
    return list.Await(waiter, deadline);
  }
};

}  // namespace sabre

#endif  // SABRE_SYNC_AWAIT_H_
