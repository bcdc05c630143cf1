// sabre/sync/waiter_list.h: the parking lot under Atomics.wait and Atomics.notify.
#ifndef SABRE_SYNC_WAITER_LIST_H_
#define SABRE_SYNC_WAITER_LIST_H_

#include <cstddef>
#include <cstdint>
#include <mutex>

#include "sabre/sync/announcement.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/waiter.h"
#include "sabre/sync/waiter_index.h"

namespace sabre {

// WaiterList
//
// Who waits for what, in order of arrival. A key names a location (for Atomics the byte index in one
// block of memory); blocking and asynchronous waiters of one key stand in one FIFO queue. The
// comparison that decides whether to wait and the entry into the queue are one critical section, and
// a notifier enters the same one, so a condition that was made true before Notify is never slept
// through. After WebKit's ParkingLot and parking_lot_core (compareAndPark, unpark), with two changes:
// one list per block instead of a global table, and completion instead of a thread in the queue.
//
//   waiter     | meaning                              | left by
//   idle       | in no queue                          | Enqueue → queued (the condition held)
//   queued     | in the queue of its key              | Notify or Cancel, under the lock → completing
//   completing | taken by exactly one thread, whose   | that thread's call of `complete` → idle
//              | call of `complete` is on its way     |
//
// So each wait has exactly one outcome, and a waiter that timed out or was cancelled never swallows a
// notification: either it left the queue before the notifier came, or it was notified and says so.
//
// Spec: ECMA-262 WaiterList Objects (https://tc39.es/ecma262/#sec-waiterlist-objects).
// Thread-safety: all members from any thread. Locks: one, `mutex_`, held for O(1) (Notify: O(count)),
//   never while `complete` or a Parker is called.
// Memory ordering: everything before a Notify happens before the completion, and so before the return
//   of the Await, of every waiter it woke.
template <BlockingPolicy S = StdSync>
class WaiterList {
 public:
  using Key = std::uint64_t;
  using Waiter = sabre::Waiter<S>;
  using BlockingWaiter = sabre::BlockingWaiter<S>;

  WaiterList() = default;
  WaiterList(const WaiterList&) = delete;
  WaiterList& operator=(const WaiterList&) = delete;
  // No waiter may be queued: see CancelAll.
  ~WaiterList() = default;

  // Puts `waiter` at the end of the queue of `key` if `still_equal()` returns true. It is called once,
  // under the lock: it must be short and must not enter this list.
  // Returns: whether the waiter was queued. If so, its `complete` will be called exactly once.
  template <class Condition>
  bool Enqueue(Waiter& waiter, Key key, Condition still_equal) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    announcement_.Announce();
    if (!still_equal()) {
      announcement_.Retract();
      return false;
    }
    index_.PushBack(waiter, key);
    return true;
  }

  // Takes up to `count` waiters from the front of the queue of `key` and completes them with
  // kNotified, in order of arrival, after the lock is released.
  // Returns: how many.
  // Blocking: no. With nobody waiting it costs a fence and a load and takes no lock.
  std::size_t Notify(Key key, std::size_t count) {
    if (!announcement_.AnyoneWaiting()) return 0;
    Batch batch;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      while (batch.size < count) {
        Waiter* waiter = index_.PopFront(key);
        if (waiter == nullptr) break;
        Take(batch, *waiter);
      }
    }
    return CompleteAll(batch, WaitOutcome::kNotified);
  }

  // Ends the wait of `waiter` with `outcome` if it is still queued.
  // Returns: true if this call ended it. False: another thread took it before and its completion has
  //   been or will be called with that thread's outcome.
  // Lifetime: the caller keeps the waiter alive during the call, whoever completes it.
  bool Cancel(Waiter& waiter, WaitOutcome outcome) {
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (!waiter.enqueued_.Get()) return false;
      index_.Erase(waiter);
      announcement_.Retract();
    }
    waiter.complete_(waiter, outcome);
    return true;
  }

  // Ends every wait with kCancelled, in no particular order between keys. For the end of the memory
  // that is waited on. Returns: how many.
  std::size_t CancelAll() {
    Batch batch;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      while (Waiter* waiter = index_.Any()) {
        index_.Erase(*waiter);
        Take(batch, *waiter);
      }
    }
    return CompleteAll(batch, WaitOutcome::kCancelled);
  }

  // Sleeps until `waiter`, which this thread enqueued, is completed; at `deadline` takes it off the
  // queue itself. A deadline in the past is legal: the wait then ends at once, unless a notifier was
  // faster.
  // Returns: the outcome; never kNotEqual.
  WaitOutcome Await(BlockingWaiter& waiter, TimePoint deadline) {
    if (!waiter.parker_.Park(deadline)) {
      // If another thread has taken the waiter, its completion is still to come and would touch this
      // frame: wait for it. It is on its way, so this sleep is short.
      Cancel(waiter, WaitOutcome::kTimedOut);
      waiter.parker_.Park(kNever);
    }
    return waiter.outcome_.Get();
  }

  // Enqueue and Await in one, for a wait that nobody cancels.
  template <class Condition>
  WaitOutcome Wait(Key key, Condition still_equal, TimePoint deadline) {
    BlockingWaiter waiter;
    if (!Enqueue(waiter, key, still_equal)) return WaitOutcome::kNotEqual;
    return Await(waiter, deadline);
  }

 private:
  // Waiters that one thread has taken, in order, linked through next_.
  struct Batch {
    Waiter* first = nullptr;
    Waiter* last = nullptr;
    std::size_t size = 0;
  };

  void Take(Batch& batch, Waiter& waiter) {
    announcement_.Retract();
    waiter.next_.Set(nullptr);
    if (batch.last != nullptr) {
      batch.last->next_.Set(&waiter);
    } else {
      batch.first = &waiter;
    }
    batch.last = &waiter;
    batch.size += 1;
  }

  static std::size_t CompleteAll(const Batch& batch, WaitOutcome outcome) {
    Waiter* waiter = batch.first;
    while (waiter != nullptr) {
      Waiter* const next = waiter->next_.Get();  // read before the waiter may be gone
      waiter->complete_(*waiter, outcome);
      waiter = next;
    }
    return batch.size;
  }

  Announcement<S> announcement_;
  typename S::Mutex mutex_;
  WaiterIndex<S> index_;  // [mutex_]
};

}  // namespace sabre

#endif  // SABRE_SYNC_WAITER_LIST_H_
