// Claims about sync/mutex.h and sync/condition.h: one at a time, nobody sleeps for ever, nobody starves,
// and each wait has one outcome.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "sabre/sync/condition.h"
#include "sabre/sync/mutex.h"
#include "sabre/verify/model.h"
#include "verify/costs.h"

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

// One that stands in the queue and is neither a lock's waiter nor anybody's thread.
struct Bystander : sabre::Waiter<S> {
  Bystander() : sabre::Waiter<S>([](sabre::Waiter<S>&, WaitOutcome) {}) {}
};

// An await that does what it is told while the lock's waiter stands in the queue.
struct ScriptedAwait {
  const std::function<void()>& script;
  WaitOutcome operator()(List& list, sabre::BlockingWaiter<S>& waiter, TimePoint deadline) const {
    script();
    return list.Await(waiter, deadline);
  }
};

// An await that looks, and then gives up.
struct BriefAwait {
  const std::function<void()>& script;
  WaitOutcome operator()(List& list, sabre::BlockingWaiter<S>& waiter, TimePoint deadline) const {
    script();
    list.Cancel(waiter, WaitOutcome::kCancelled);
    return list.Await(waiter, deadline);
  }
};

std::vector<std::uint64_t> OwnersIn(List& list) {
  std::vector<std::uint64_t> owners;
  list.ForEach([&](List::Key, const sabre::Waiter<S>& one) { owners.push_back(one.owner()); });
  return owners;
}

// The table of the cell, row by row: a waiter that is passed over goes back to the front and is then
// handed the lock, newcomers may take a lock that is free and marked, and with nobody waiting each
// operation is one step.
struct CellFollowsItsTable : Model<CellFollowsItsTable, 1> {
  using Owners = std::vector<std::uint64_t>;
  Guarded guarded;
  Bystander bystander;
  int calls = 0;
  std::uint32_t Word() { return guarded.cell.load(S::kRelaxed); }

  void Uncontended() {
    const std::size_t before = Steps();
    SABRE_VERIFY(guarded.mutex.TryLock(1));
    SABRE_VERIFY(guarded.mutex.Unlock(1));
    SABRE_VERIFY(Steps() - before == 2);
    const std::size_t locks = Locks();
    SABRE_VERIFY(guarded.mutex.Lock(1) == WaitOutcome::kNotified && Word() == 1 << 1);
    SABRE_VERIFY(guarded.mutex.Unlock(1) && Word() == 0 && Locks() == locks);
  }
  void FreeButMarked() {
    guarded.cell.store(1, S::kRelaxed);
    SABRE_VERIFY(guarded.mutex.TryLock(1) && Word() == (1 << 1 | 1));
    SABRE_VERIFY(!guarded.mutex.TryLock(2) && !guarded.mutex.Unlock(2));
    SABRE_VERIFY(guarded.mutex.Unlock(1) && Word() == 0);
  }
  void FirstCall() {
    TheMutex& mutex = guarded.mutex;
    SABRE_VERIFY(Word() == (1 << 1 | 1));
    const std::function<void()> look = [this] {
      SABRE_VERIFY(OwnersIn(guarded.list) == (Owners{2, 3}));  // in order of arrival
    };
    SABRE_VERIFY(mutex.Lock(3, sabre::kNever, BriefAwait{look}) == WaitOutcome::kCancelled);
    bystander.Describe(7, TimePoint());
    SABRE_VERIFY(guarded.list.Enqueue(bystander, kKey, [] { return true; }));
    SABRE_VERIFY(OwnersIn(guarded.list) == (Owners{2, 7}));
    SABRE_VERIFY(mutex.Unlock(1) && Word() == 1);  // woken, not handed over
    SABRE_VERIFY(OwnersIn(guarded.list) == Owners{7});
    SABRE_VERIFY(mutex.TryLock(4) && Word() == (4 << 1 | 1));
  }
  void SecondCall() {
    TheMutex& mutex = guarded.mutex;
    SABRE_VERIFY(OwnersIn(guarded.list) == (Owners{2, 7}));
    SABRE_VERIFY(guarded.list.Cancel(bystander, WaitOutcome::kCancelled));
    SABRE_VERIFY(mutex.Unlock(4) && Word() == 2 << 1 && !mutex.TryLock(5));
  }
  void Thread(int) {
    Uncontended();
    FreeButMarked();
    SABRE_VERIFY(guarded.mutex.TryLock(1));
    const std::function<void()> script = [this] {
      calls += 1;
      calls == 1 ? FirstCall() : SecondCall();
    };
    const WaitOutcome outcome = guarded.mutex.Lock(2, sabre::kNever, ScriptedAwait{script});
    SABRE_VERIFY(outcome == WaitOutcome::kNotified && calls == 2 && guarded.mutex.Holds(2));
    SABRE_VERIFY(guarded.mutex.Unlock(2) && Word() == 0);
  }
};

// A lock that becomes free between the try and the queue is taken there, although it is marked; and who
// takes it so leaves the mark for the others in the queue.
struct FreedOnTheWayToTheQueue : Model<FreedOnTheWayToTheQueue, 2> {
  Guarded guarded;
  Bystander bystander;
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  int waits = 0;
  void Before() {
    SABRE_VERIFY(guarded.mutex.TryLock(Me(0)));
    SABRE_VERIFY(guarded.list.Enqueue(bystander, kKey, [this] {
      guarded.cell.fetch_or(1, S::kRelaxed);
      return true;
    }));
  }
  void Thread(int id) {
    if (id == 0) {
      // As Unlock does when the first of several waiters is not passed over, and is slow to come.
      guarded.cell.store(1, S::kRelease);
      return;
    }
    const std::function<void()> script = [this] {
      waits += 1;
      guarded.list.CancelAll();
    };
    outcome = guarded.mutex.Lock(Me(1), sabre::kNever, ScriptedAwait{script});
    if (outcome == WaitOutcome::kNotified)
      SABRE_VERIFY(guarded.cell.load(S::kRelaxed) == (Me(1) << 1 | 1));
  }
  void After() {
    guarded.list.CancelAll();
    Reached(outcome == WaitOutcome::kNotified ? "locked" : "queued");
  }
};

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

// Who waits is seen in the queue by name.
struct WhoWaitsIsSeen : Model<WhoWaitsIsSeen, 1> {
  Told told;
  void Thread(int) {
    SABRE_VERIFY(told.guarded.mutex.TryLock(3));
    const std::function<void()> script = [this] {
      SABRE_VERIFY(OwnersIn(told.guarded.list) == std::vector<std::uint64_t>{3});
      SABRE_VERIFY(!told.guarded.mutex.Holds(3) && told.condition.Notify() == 1);
    };
    SABRE_VERIFY(told.condition.Wait(told.guarded.mutex, 3, sabre::kNever, ScriptedAwait{script}) ==
                 WaitOutcome::kNotified);
    SABRE_VERIFY(told.guarded.mutex.Holds(3) && told.condition.Notify() == 0);
    SABRE_VERIFY(told.guarded.mutex.Unlock(3));
  }
};

// Who is seen in the queue has said who it is.
struct WaiterIsSeen : Model<WaiterIsSeen, 2> {
  Told told;
  void Thread(int id) {
    TheMutex& mutex = told.guarded.mutex;
    if (id == 0) {
      SABRE_VERIFY(mutex.TryLock(3));
      told.condition.Wait(mutex, 3, kSoon);
      SABRE_VERIFY(mutex.Unlock(3));
      return;
    }
    const std::vector<std::uint64_t> owners = OwnersIn(told.guarded.list);
    SABRE_VERIFY(owners.empty() || owners == std::vector<std::uint64_t>{3});
    Reached(owners.empty() ? "not seen" : "seen");
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
    "Mutex", {"sabre/sync/mutex.h", "sabre/sync/await.h"},
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
        Claim<CellFollowsItsTable>("the cell's table row by row, and what each row costs",
                                   {.searches = {Full(), Random(10)}}),
        Claim<FreedOnTheWayToTheQueue>("a lock freed on the way to the queue is taken, marked",
                                       {.searches = {Full(), Random(2'000)},
                                        .reaches = {"locked", "queued"}}),
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
        Claim<WhoWaitsIsSeen>("who waits is seen by name, without the mutex",
                              {.searches = {Full(), Random(10)}}),
        Claim<WaiterIsSeen>("who is seen in the queue has said who it is",
                            {.searches = {Full(), Random(1'000)}, .reaches = {"seen", "not seen"}}),
        Claim<ExactCounts>("2 waiters, Notify(1), Notify(): exact counts",
                           {.searches = kThreeThreads,
                            .reaches = {"two told", "one told twice", "fewer"}}),
    });

}  // namespace
