// Claims about sync/mutex.h and sync/condition.h: one at a time, nobody sleeps for ever, nobody starves,
// and each wait has one outcome.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sabre/sync/condition.h"
#include "sabre/sync/mutex.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::TimePoint;
using sabre::WaitOutcome;
using List = sabre::WaiterList<S>;
using TheMutex = sabre::Mutex<S>;
using TheCondition = sabre::Condition<S>;

constexpr TimePoint kSoon{};  // the scheduler decides when it passes
constexpr List::Key kKey = 9;

// Thread `id` locks as this.
TheMutex::Owner Me(int id) { return static_cast<TheMutex::Owner>(id) + 1; }

// A mutex and what it guards. Who is in the critical section adds to `data`: two at a time are a race.
struct Guarded {
  List list;
  S::Atomic<std::uint32_t> cell{0};
  TheMutex mutex{cell, list, kKey};
  S::Var<int> data{0};

  void Add() { data.Set(data.Get() + 1); }
  void LockAndAdd(int id) {
    SABRE_VERIFY(mutex.Lock(Me(id)) == WaitOutcome::kNotified);
    Add();
    SABRE_VERIFY(mutex.Holds(Me(id)));
    SABRE_VERIFY(mutex.Unlock(Me(id)));
  }
  // It is free, can be locked, and nobody is left in its queue.
  void CheckFree(int added) {
    SABRE_VERIFY(list.Count(kKey) == 0);
    SABRE_VERIFY(mutex.TryLock(9));
    SABRE_VERIFY(data.Get() == added);
    SABRE_VERIFY(mutex.Unlock(9));
    SABRE_VERIFY(cell.load(S::kRelaxed) <= 1);
  }
};

// How an await that is given to a lock says that it was called: the lock had to wait.
struct CountingAwait {
  int& waits;
  WaitOutcome operator()(List& list, sabre::BlockingWaiter<S>& waiter, TimePoint deadline) const {
    waits += 1;
    return list.Await(waiter, deadline);
  }
};

// ---- mutex

struct OneAtATime : Model<OneAtATime, 2> {
  Guarded guarded;
  void Thread(int id) {
    for (int i = 0; i < 2; ++i) guarded.LockAndAdd(id);
  }
  void After() { guarded.CheckFree(4); }
};

struct OneAtATimeOfThree : Model<OneAtATimeOfThree, 3> {
  Guarded guarded;
  void Thread(int id) { guarded.LockAndAdd(id); }
  void After() { guarded.CheckFree(3); }
};

// TryLock takes it or not, and orders what it guards if it does.
struct TryLockAgainstLock : Model<TryLockAgainstLock, 2> {
  Guarded guarded;
  bool tried = false;
  void Thread(int id) {
    if (id == 0) return guarded.LockAndAdd(id);
    tried = guarded.mutex.TryLock(Me(id));
    if (!tried) return;
    guarded.Add();
    SABRE_VERIFY(guarded.mutex.Unlock(Me(id)));
  }
  void After() {
    Reached(tried ? "got it" : "refused");
    guarded.CheckFree(tried ? 2 : 1);
  }
};

// Only the owner unlocks, and it knows that it is the owner.
struct OwnerAlone : Model<OwnerAlone, 2> {
  Guarded guarded;
  void Before() { SABRE_VERIFY(guarded.mutex.TryLock(Me(0))); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(guarded.mutex.Holds(Me(0)) && !guarded.mutex.Holds(Me(1)));
      SABRE_VERIFY(!guarded.mutex.TryLock(Me(0)));
      guarded.Add();
      SABRE_VERIFY(guarded.mutex.Unlock(Me(0)));
      SABRE_VERIFY(!guarded.mutex.Unlock(Me(0)));
    } else {
      SABRE_VERIFY(!guarded.mutex.Holds(Me(1)) && !guarded.mutex.Unlock(Me(1)));
      guarded.LockAndAdd(id);
    }
  }
  void After() { guarded.CheckFree(2); }
};

// A deadline that passes while the owner unlocks: the waiter has the lock or it has not, and the lock
// can be had afterwards.
struct TimeoutAgainstUnlock : Model<TimeoutAgainstUnlock, 2> {
  Guarded guarded;
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  void Before() { SABRE_VERIFY(guarded.mutex.TryLock(Me(0))); }
  void Thread(int id) {
    if (id == 0) {
      guarded.Add();
      SABRE_VERIFY(guarded.mutex.Unlock(Me(0)));
      return;
    }
    outcome = guarded.mutex.Lock(Me(1), kSoon);
    SABRE_VERIFY(guarded.mutex.Holds(Me(1)) == (outcome == WaitOutcome::kNotified));
    if (outcome == WaitOutcome::kNotified) {
      guarded.Add();
      SABRE_VERIFY(guarded.mutex.Unlock(Me(1)));
    }
    // Its mark may be left in the cell.
    guarded.LockAndAdd(1);
  }
  void After() {
    Reached(outcome == WaitOutcome::kNotified ? "locked" : "timed out");
    guarded.CheckFree(outcome == WaitOutcome::kNotified ? 3 : 2);
  }
};

// A woken waiter whose lock was taken by a newcomer gives up: the wake-up is not lost, because the
// newcomer wakes the next.
struct TimeoutLosesNoWakeUp : Model<TimeoutLosesNoWakeUp, 3> {
  Guarded guarded;
  bool gave_up = false;
  void Before() { SABRE_VERIFY(guarded.mutex.TryLock(Me(0))); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(guarded.mutex.Unlock(Me(0)));
      guarded.LockAndAdd(0);
    } else if (id == 1) {
      gave_up = guarded.mutex.Lock(Me(1), kSoon) != WaitOutcome::kNotified;
      if (!gave_up) SABRE_VERIFY(guarded.mutex.Unlock(Me(1)));
    } else {
      guarded.LockAndAdd(2);
    }
  }
  void After() {
    Reached(gave_up ? "timed out" : "locked");
    guarded.CheckFree(2);
  }
};

// A stop request against an unlock, which may hand the lock over: the waiter holds it or was cancelled.
struct CancelAgainstHandOver : Model<CancelAgainstHandOver, 3> {
  Guarded guarded;
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  int waits = 0;
  std::size_t cancelled = 0;
  void Before() { SABRE_VERIFY(guarded.mutex.TryLock(Me(0))); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(guarded.mutex.Unlock(Me(0)));
      if (guarded.mutex.TryLock(Me(0))) SABRE_VERIFY(guarded.mutex.Unlock(Me(0)));
    } else if (id == 1) {
      outcome = guarded.mutex.Lock(Me(1), sabre::kNever, CountingAwait{waits});
      if (outcome != WaitOutcome::kNotified) return;
      guarded.Add();
      SABRE_VERIFY(guarded.mutex.Unlock(Me(1)));
    } else {
      cancelled = guarded.list.CancelAll();  // as Cancel, but it needs no living waiter
    }
  }
  void After() {
    SABRE_VERIFY((cancelled == 1) == (outcome == WaitOutcome::kCancelled));
    Reached(cancelled == 1 ? "cancelled" : waits == 2 ? "handed over" : "locked");
    guarded.CheckFree(cancelled == 1 ? 0 : 1);
  }
};

// Nobody starves: against a thread that takes the lock again and again, a waiter sleeps at most twice,
// and the second time it is handed the lock.
template <class Derived, int kThreads>
struct NobodyStarves : Model<Derived, kThreads> {
  Guarded guarded;
  int waits[kThreads] = {};
  void Before() { SABRE_VERIFY(guarded.mutex.TryLock(Me(0))); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(guarded.mutex.Unlock(Me(0)));
      for (int i = 0; i < 2; ++i) guarded.LockAndAdd(0);
      return;
    }
    const WaitOutcome outcome = guarded.mutex.Lock(Me(id), sabre::kNever, CountingAwait{waits[id]});
    SABRE_VERIFY(outcome == WaitOutcome::kNotified);
    guarded.Add();
    SABRE_VERIFY(guarded.mutex.Unlock(Me(id)));
  }
  void After() {
    int most = 0;
    for (int id = 1; id < kThreads; ++id) most = std::max(most, waits[id]);
    SABRE_VERIFY(most <= 2);
    Reached(most == 0 ? "at once" : most == 1 ? "woken" : "handed over");
    guarded.CheckFree(1 + kThreads);
  }
};
struct OneWaiterStarvesNot : NobodyStarves<OneWaiterStarvesNot, 2> {};
struct TwoWaitersStarveNot : NobodyStarves<TwoWaitersStarveNot, 3> {};

// ---- condition

struct Told {
  Guarded guarded;
  TheCondition condition{guarded.list, kKey + 1};
  S::Var<bool> ready{false};

  void MakeReady(int id) {
    SABRE_VERIFY(guarded.mutex.Lock(Me(id)) == WaitOutcome::kNotified);
    ready.Set(true);
    SABRE_VERIFY(guarded.mutex.Unlock(Me(id)));
  }
};

// A change under the mutex and a Notify after it are never slept through.
struct NotifyIsNotLost : Model<NotifyIsNotLost, 2> {
  Told told;
  void Thread(int id) {
    TheMutex& mutex = told.guarded.mutex;
    if (id == 1) {
      told.MakeReady(1);
      told.condition.Notify(1);
      return;
    }
    mutex.Lock(Me(0));
    int waits = 0;
    while (!told.ready.Get()) {
      SABRE_VERIFY(told.condition.Wait(mutex, Me(0)) == WaitOutcome::kNotified);
      waits += 1;
    }
    SABRE_VERIFY(mutex.Holds(Me(0)) && waits <= 1);
    Reached(waits == 0 ? "no wait" : "one wait");
    SABRE_VERIFY(mutex.Unlock(Me(0)));
  }
};

// Who is counted by Notify says kNotified, and holds the mutex again whatever ended its wait.
struct TimeoutAgainstNotify : Model<TimeoutAgainstNotify, 2> {
  Told told;
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  std::size_t notified = 0;
  void Before() { told.guarded.mutex.Lock(Me(0)); }
  void Thread(int id) {
    if (id == 1) {
      told.guarded.LockAndAdd(1);
      notified = told.condition.Notify(1);
      return;
    }
    outcome = told.condition.Wait(told.guarded.mutex, Me(0), kSoon);
    SABRE_VERIFY(told.guarded.mutex.Holds(Me(0)));
    told.guarded.Add();
    SABRE_VERIFY(told.guarded.mutex.Unlock(Me(0)));
  }
  void After() {
    SABRE_VERIFY(notified == (outcome == WaitOutcome::kNotified ? 1u : 0u));
    Reached(outcome == WaitOutcome::kNotified ? "notified" : "timed out");
    told.guarded.CheckFree(2);
  }
};

// Two that wait, a Notify of one and a Notify of all: the counts are exact.
struct ExactCounts : Model<ExactCounts, 3> {
  Told told;
  std::size_t notified[2] = {};
  int waits = 0;  // [mutex]
  void Thread(int id) {
    TheMutex& mutex = told.guarded.mutex;
    if (id == 2) {
      notified[0] = told.condition.Notify(1);
      told.MakeReady(2);
      notified[1] = told.condition.Notify();
      return;
    }
    mutex.Lock(Me(id));
    while (!told.ready.Get()) {
      told.condition.Wait(mutex, Me(id));
      waits += 1;
    }
    SABRE_VERIFY(mutex.Unlock(Me(id)));
  }
  void After() {
    SABRE_VERIFY(notified[0] <= 1 && static_cast<std::size_t>(waits) == notified[0] + notified[1]);
    Reached(notified[1] == 2 ? "two told" : notified[0] == 1 ? "one told twice" : "fewer");
    told.guarded.CheckFree(0);
  }
};

const std::vector<Search> kTwoThreads = {Bound(3, 200'000), Full(100'000), Random(20'000)};
const std::vector<Search> kThreeThreads = {Bound(2, 300'000), Random(30'000)};

const Suite mutex_suite(
    "Mutex", {"sabre/sync/mutex.h"},
    {
        Claim<OneAtATime>("2 threads, twice each: one at a time, nobody left",
                          {.searches = kTwoThreads}),
        Claim<OneAtATimeOfThree>("3 threads: one at a time, nobody left",
                                 {.searches = kThreeThreads}),
        Claim<TryLockAgainstLock>("TryLock gets it or not",
                                  {.searches = kTwoThreads, .reaches = {"got it", "refused"}}),
        Claim<OwnerAlone>("only the owner unlocks, and knows it", {.searches = kTwoThreads}),
        Claim<TimeoutAgainstUnlock>("deadline against Unlock: one outcome",
                                    {.searches = kTwoThreads, .reaches = {"locked", "timed out"}}),
        Claim<TimeoutLosesNoWakeUp>("a deadline after a wake-up loses nothing",
                                    {.searches = kThreeThreads,
                                     .reaches = {"locked", "timed out"}}),
        Claim<CancelAgainstHandOver>("Cancel against hand-over: one outcome",
                                     {.searches = kThreeThreads,
                                      .reaches = {"locked", "cancelled", "handed over"}}),
        Claim<OneWaiterStarvesNot>("passed over once, then handed the lock",
                                   {.searches = kTwoThreads,
                                    .reaches = {"at once", "woken", "handed over"}}),
        Claim<TwoWaitersStarveNot>("2 waiters: each passed over once",
                                   {.searches = kThreeThreads,
                                    .reaches = {"woken", "handed over"}}),
    });

const Suite condition_suite(
    "Condition", {"sabre/sync/condition.h"},
    {
        Claim<NotifyIsNotLost>("Notify after a change is never slept through",
                               {.searches = kTwoThreads, .reaches = {"no wait", "one wait"}}),
        Claim<TimeoutAgainstNotify>("deadline against Notify: one outcome, mutex held again",
                                    {.searches = kTwoThreads,
                                     .reaches = {"notified", "timed out"}}),
        Claim<ExactCounts>("2 waiters, Notify(1), Notify(): exact counts",
                           {.searches = kThreeThreads,
                            .reaches = {"two told", "one told twice", "fewer"}}),
    });

}  // namespace
