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
    return EnqueueAt(waiter, key, still_equal, /*front=*/false);
  }
  // The same, before all others of `key`: for one that was woken, found what it waited for taken by
  // another, and must not lose its place.
  template <class Condition>
  bool EnqueueFront(Waiter& waiter, Key key, Condition still_equal) {
    return EnqueueAt(waiter, key, still_equal, /*front=*/true);
  }

  // Takes up to `count` waiters from the front of the queue of `key` and completes them with
  // kNotified, in order of arrival, after the lock is released.
  // Returns: how many.
  // Blocking: no. With nobody waiting it costs a fence and a load and takes no lock.
  std::size_t Notify(Key key, std::size_t count) {
    return announcement_.AnyoneWaiting() ? NotifyThem(key, count) : 0;
  }

  // Notify for those who hand something over. It takes the lock whoever waits, and before it lets go of
  // it calls `settle(first, taken, more)`: the first of the waiters it took (null if none), how many
  // it took, and whether others of `key` are left. `settle` must be short and must not enter this
  // list. What it does and an Enqueue's condition are ordered: one of them comes first as a whole.
  template <class Settle>
  std::size_t NotifyAndSettle(Key key, std::size_t count, Settle settle) {
    Batch batch;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      TakeUpTo(batch, key, count);
      settle(batch.first, batch.size, index_.Front(key) != nullptr);
    }
    return CompleteAll(batch, WaitOutcome::kNotified);
  }

  // How many wait on `key`. Gone as soon as it is known: for tests and for people who look.
  std::size_t Count(Key key) {
    std::size_t count = 0;
    std::lock_guard<typename S::Mutex> lock(mutex_);
    index_.ForEachOf(key, [&](const Waiter&) { count += 1; });
    return count;
  }

  // Calls `visit(key, waiter)` with all that wait, under the lock: those of one key in order of
  // arrival. It must be short and must not enter this list.
  template <class Visit>
  void ForEach(Visit visit) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    index_.ForEach([&](const Waiter& waiter) { visit(waiter.key_.Get(), waiter); });
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
      Leave(waiter, outcome);
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
      index_.Clear([&](Waiter& waiter) { Take(batch, waiter, WaitOutcome::kCancelled); });
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

  // Apart, so that a Notify that finds nobody saves no registers: on x86 the fence would wait for that.
  [[gnu::noinline]] std::size_t NotifyThem(Key key, std::size_t count) {
    Batch batch;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      TakeUpTo(batch, key, count);
    }
    return CompleteAll(batch, WaitOutcome::kNotified);
  }

  template <class Condition>
  bool EnqueueAt(Waiter& waiter, Key key, Condition still_equal, bool front) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    announcement_.Announce();
    if (!still_equal()) {
      announcement_.Retract();
      return false;
    }
    front ? index_.PushFront(waiter, key) : index_.PushBack(waiter, key);
    return true;
  }

  void TakeUpTo(Batch& batch, Key key, std::size_t count) {
    while (batch.size < count) {
      Waiter* waiter = index_.PopFront(key);
      if (waiter == nullptr) break;
      Take(batch, *waiter, WaitOutcome::kNotified);
    }
  }

  // `waiter` was taken out of the index.
  void Leave(Waiter& waiter, WaitOutcome outcome) {
    announcement_.Retract();
    waiter.outcome_.Set(outcome);
    if (waiter.take_ != nullptr) waiter.take_(waiter, outcome);
  }

  void Take(Batch& batch, Waiter& waiter, WaitOutcome outcome) {
    Leave(waiter, outcome);
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
